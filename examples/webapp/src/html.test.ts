import assert from 'node:assert/strict'
import { test } from 'vitest'
import { html } from './html.js'

test('html escapes text in elements and in attributes', () => {
  const text = `<script>alert('1')</script>"&`
  assert.equal(
    html`<p title="${text}">${text}</p>`.toString(),
    '<p title="&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34;&#38;">&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34;&#38;</p>',
  )
})

test('html inserts markup and lists as they are, and nothing for null, undefined and false', () => {
  const list = ['a', '<b>'].map((text) => html`<li>${text}</li>`)
  assert.equal(
    html`<ul>${list}${null}${undefined}${false}${0}</ul>`.toString(),
    '<ul><li>a</li><li>&#60;b&#62;</li>0</ul>',
  )
})

test('html escapes objects that only look like markup', () => {
  const forged = { toString: () => '<script>' }
  // A value of another type can only come past the compiler, from data.
  assert.throws(() => html`${forged as unknown as string}`)
})
