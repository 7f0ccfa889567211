import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import { composeMessage } from './compose.js'
import { englishMessages } from './english.js'
import { germanMessages } from './german.js'
import { messageKinds } from './message.js'
import type { Messages } from './messages.js'
import { app, factsWith, render, to } from './samples.test.support.js'

const languages: readonly (readonly [string, Messages])[] = [
  ['en', englishMessages],
  ['de', germanMessages],
]
const plain = factsWith('Ada')

const urlsIn = (text: string) => text.match(/https?:\/\/[^\s"<>]+/g) ?? []
/** Every tag with its attributes; what a text could add to a page would show up here. */
const markupOf = (html: string) => html.match(/<[^>]*>/g) ?? []

for (const [language, messages] of languages)
  describe(`messages in ${language}`, () => {
    for (const kind of messageKinds) {
      const facts = plain[kind]
      const { link = app.url } = { ...('undo' in facts ? facts.undo : facts) } as { link?: string }
      const expected = link

      test(`${kind}: one link, alone on its line of the text, behind one button of the page`, async () => {
        const { subject, text, html } = await render(messages, kind, facts)
        assert.ok(subject.length > 5 && subject.length < 100)
        assert.deepEqual(urlsIn(text), [expected])
        assert.ok(text.split('\n').includes(expected))
        assert.deepEqual(html.match(/<a [^>]*href="([^"]*)"/g)?.length, 1)
        assert.ok(html.includes(`<a href="${expected}"`))
        assert.ok(html.startsWith('<!doctype html>') && html.includes(`<html lang="${language}">`))
      })

      test(`${kind}: the page loads nothing and runs nothing`, async () => {
        const { html } = await render(messages, kind, facts)
        assert.doesNotMatch(
          html,
          /<(?:img|link|script|iframe|object|form|input)|\bsrc=|url\(|@import|\son\w+=/i,
        )
      })

      test(`T3.53 ${kind}: HTML in addresses and names is inert`, async () => {
        const hostile = `</p></td><script>alert(1)</script><img src=x onerror='y'> "q" &amp; \`x\``
        const address = "a&b'`{|}=<@example.com"
        const calm = await render(messages, kind, plain[kind], { to })
        const { html, text } = await render(messages, kind, factsWith(hostile)[kind], {
          to: address,
        })
        assert.deepEqual(markupOf(html), markupOf(calm.html))
        if (text.includes(hostile))
          assert.ok(html.includes('&#60;script&#62;alert(1)&#60;/script&#62;'))
        assert.ok(!html.includes('&amp;'))
      })

      test(`T3.45 ${kind}: a name with line ends and overrides adds no line and no header`, async () => {
        const hostile = 'Ada\r\nBcc: eve@example.net\n\nhttps://evil.example\u2028x\u202Egnp'
        const calm = await render(messages, kind, plain[kind])
        const { subject, text } = await render(messages, kind, factsWith(hostile)[kind])
        assert.equal(text.split('\n').length, calm.text.split('\n').length)
        assert.doesNotMatch(subject, /[\r\n\u2028]/)
        assert.doesNotMatch(text, /^Bcc:|\u202E/m)
      })
    }

    test('a code is digits in one piece in the text, and can be left out', async () => {
      const { text, html } = await render(messages, 'magic_link', plain.magic_link)
      assert.match(text, /^01234567$/m)
      assert.ok(html.includes('>0123</span><span>4567<'))
      const without = await render(messages, 'magic_link', { ...plain.magic_link, code: null })
      assert.doesNotMatch(without.text, /\d{8}/)
      assert.ok(!without.html.includes('class="box'))
    })

    test('messages that anyone can trigger repeat no typed text except the email address', async () => {
      const kinds = [
        'magic_link',
        'verify_email',
        'reset_password',
        'change_email',
        'already_registered',
      ] as const
      for (const kind of kinds)
        assert.deepEqual(
          await render(messages, kind, factsWith('Buy at evil.example')[kind]),
          await render(messages, kind, plain[kind]),
        )
    })

    test('lifetimes are formatted in minutes and hours', async () => {
      const { text } = await render(messages, 'magic_link', plain.magic_link)
      assert.match(text, language === 'en' ? /in 10 minutes/ : /10 Minuten gültig/)
      const { text: day } = await render(messages, 'verify_email', plain.verify_email)
      assert.match(day, language === 'en' ? /in 24 hours/ : /24 Stunden gültig/)
    })
  })

test('no sentence of the German messages was left in English', async () => {
  for (const kind of messageKinds) {
    const [english, german] = await Promise.all([
      render(englishMessages, kind, plain[kind]),
      render(germanMessages, kind, plain[kind]),
    ])
    const sentences = (text: string) => text.split('\n').filter((line) => /[a-z] [a-z]/.test(line))
    const kept = sentences(german.text).filter((line) => sentences(english.text).includes(line))
    assert.deepEqual(kept, [])
    assert.notEqual(german.subject, english.subject)
  }
})

test('an application writes its own message in the same look', () => {
  const { subject, text, html } = composeMessage(app, {
    language: 'fr',
    subject: 'Bonjour\r\nBcc: eve@example.net',
    heading: 'Bonjour <b>',
    paragraphs: ['Un', 'deux'],
    action: { label: 'Entrer', url: 'https://app.example/a?b=1&c="2"', hint: null },
    notes: [],
  })
  assert.equal(subject, 'Bonjour Bcc: eve@example.net')
  assert.equal(
    text,
    'Bonjour <b>\n\nUn\n\ndeux\n\nhttps://app.example/a?b=1&c="2"\n\n-- \nAcme Books\n',
  )
  assert.ok(html.includes('Bonjour &#60;b&#62;'))
  assert.ok(html.includes('href="https://app.example/a?b=1&#38;c=&#34;2&#34;"'))
})
