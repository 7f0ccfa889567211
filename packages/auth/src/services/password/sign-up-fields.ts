import { invalidValue } from 'torii-core'
import type { StandardIssue } from '../../base/standard-schema.js'
import type { ResolvedSignUp } from '../options/sign-up.js'
import type { FieldsProblem, Refused } from '../refusals.js'

/** The fields as the schema returned them; undefined without the option `signUp.fields`. */
export type ValidatedFields =
  | { readonly ok: true; readonly fields: unknown }
  | Refused<'fields_rejected'>

/**
 * Validates the application's own fields of a registration. Absent fields count as `{}`, so that the schema names the
 * first one that is missing. A schema that throws, or never answers, fails the registration before anything is counted.
 * @throws InvalidInputError for fields without the option `signUp.fields`: they would be lost
 */
export async function validateFields(
  { fields: schema }: ResolvedSignUp,
  given: unknown,
): Promise<ValidatedFields> {
  if (schema === null) {
    if (given === undefined || given === null) return { ok: true, fields: undefined }
    throw invalidValue('fields', 'are not accepted: this server has not set signUp.fields')
  }
  const result = await schema['~standard'].validate(given ?? {})
  if (result.issues === undefined) return { ok: true, fields: result.value }
  return { ok: false, reason: 'fields_rejected', problem: problemOf(result.issues[0]) }
}

function problemOf(issue: StandardIssue | undefined): FieldsProblem {
  const path = (issue?.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return {
    field: ['fields', ...path.map(String)].join('.'),
    message: issue?.message ?? 'These fields are not valid.',
  }
}
