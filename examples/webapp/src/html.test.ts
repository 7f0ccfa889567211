import assert from 'node:assert/strict'
import { test } from 'vitest'
import { html } from './html.js'

test('text put into a template stays text, in an element and in an attribute', () => {
  const text = `<script>alert('1')</script>"&`
  assert.equal(
    html`<p title="${text}">${text}</p>`.toString(),
    '<p title="&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34;&#38;">&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34;&#38;</p>',
  )
})

test('markup and lists go in as they are; null, undefined and false are nothing', () => {
  const list = ['a', '<b>'].map((text) => html`<li>${text}</li>`)
  assert.equal(
    html`<ul>${list}${null}${undefined}${false}${0}</ul>`.toString(),
    '<ul><li>a</li><li>&#60;b&#62;</li>0</ul>',
  )
})

test('what only looks like markup is text', () => {
  const forged = { toString: () => '<script>' }
  // A value of another type can only come past the compiler, from data.
  assert.throws(() => html`${forged as unknown as string}`)
})
