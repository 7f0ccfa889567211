import { InvalidOptionsError } from 'torii-core'
import { readSection } from '../../base/option-checks.js'
import { passwordTexts } from '../../password-policy/policy.js'
import { englishTexts } from '../../texts/english.js'
import { placeholder } from '../../texts/fill.js'
import { germanTexts } from '../../texts/german.js'
import type { Texts } from '../../texts/texts.js'
import { chooseLanguage } from '../request/accept-language.js'
import type { HeaderSource } from '../request/request-token.js'
import { readHeader } from '../request/request-token.js'

/** A language of the site, with its texts. */
export interface Language {
  /** As in the HTML attribute `lang`. */
  readonly code: string
  readonly texts: Texts
}

/** Chooses the language of a response by the request's Accept-Language. */
export type ChooseLanguage = (headers: HeaderSource) => Language

/** The languages of a handler without the option `languages`. */
const builtIn: Readonly<Record<string, Texts>> = Object.freeze({
  en: englishTexts,
  de: germanTexts,
})

const maxLanguages = 50

/** Checks the option `languages`. @throws InvalidOptionsError, which names the text that is missing */
export function resolveLanguages(value: unknown, minLength: number): ChooseLanguage {
  const given = value === undefined ? builtIn : value
  const codes = typeof given === 'object' && given !== null ? Object.keys(given) : []
  const section = readSection(given, 'languages', codes)
  const found = Object.entries(section).map(([code, texts]) => {
    if (!/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(code))
      throw new InvalidOptionsError(`languages.${code}`, 'must be named like en, de or pt-BR')
    const read = readTexts(texts, englishTexts, `languages.${code}`)
    return { code, texts: { ...read, passwords: passwordTexts(read, minLength) } }
  })
  const [first, ...others] = found.map(({ code }) => code)
  if (first === undefined || found.length > maxLanguages)
    throw new InvalidOptionsError('languages', `must have 1 to ${maxLanguages} languages`)
  const byCode = new Map(found.map((language) => [language.code, language]))
  return (headers) => {
    const code = chooseLanguage(readHeader(headers, 'accept-language'), [first, ...others])
    // Only codes of this map are offered.
    return byCode.get(code) as Language
  }
}

/** Reads texts that have every member of the model, with the same words in braces. */
function readTexts<Model extends object>(value: unknown, model: Model, option: string): Model {
  const given = readSection(value ?? null, option, Object.keys(model))
  const read = Object.entries(model).map(([name, expected]) => {
    const path = `${option}.${name}`
    const text = given[name]
    if (typeof expected !== 'string') return [name, readTexts(text, expected, path)]
    if (typeof text !== 'string' || text.trim() === '')
      throw new InvalidOptionsError(path, `must be a text, like "${expected}" in English`)
    for (const [word] of expected.matchAll(placeholder))
      if (!text.includes(word)) throw new InvalidOptionsError(path, `must contain ${word}`)
    return [name, text]
  })
  // Each member was read by the model's own.
  return Object.fromEntries(read) as Model
}
