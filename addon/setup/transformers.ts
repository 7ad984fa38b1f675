import { defineTransformersSetup } from '@slidev/types'
import { configOf } from '../deck/config.mjs'
import { entriesOf, firstSaid } from '../deck/glossary.mjs'

const quoted = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')

/** Links each term of the glossary, where it is first used, to the slide that explains it. */
export default defineTransformersSetup(() => ({
  pre: [async ({ s, slide, options: { userRoot, data: { slides } } }) => {
    const { glossary } = await configOf(userRoot)
    const begins = s.original.indexOf(slide.content)
    if (!glossary || begins < 0)
      return
    for (const { entry, index, text, to } of firstSaid(slides, entriesOf(userRoot, glossary)).filter(({ no }) => no === slide.index + 1)) {
      const code = slide.content[index - 1] === '`' ? 1 : 0 // its quotes go with it
      const at = begins + index
      s.appendLeft(at - code, `<Term means="${quoted(entry.means)}"${to ? ` :to="${to}"` : ''}>`)
      s.appendRight(at + text.length + code, '</Term>')
    }
  }],
}))
