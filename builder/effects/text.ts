import { type Content, wholeOf } from '../model/content.js'

const texts = new WeakMap<Content, string>()

/** Texts of the base image can have any encoding: latin1 keeps every byte unchanged. */
export function textOf(content: Content): string {
  const text = texts.get(content) ?? wholeOf(content).toString('latin1')
  texts.set(content, text)
  return text
}
