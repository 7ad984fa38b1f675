// Where the deck points. Run alone (`npm run links`), it asks every external address whether it still answers.
import { fileURLToPath } from 'node:url'
import { load } from './slides.mjs'
import { fail } from './setup.mjs'

const FORMS = [
  { pattern: /(?<!!)\[[^\]]*\]\(([^)\s]+)/g },
  { pattern: /!\[[^\]]*\]\(([^)\s]+)/g, loaded: true },
  { pattern: /<(?:a|Link)\b[^>]*?\s(?:href|to)="([^"]+)"/g },
  { pattern: /\s(?:src|poster|data-src)="([^"]+)"/g, loaded: true },
  { pattern: /url\(["']?([^"')]+)["']?\)/g, loaded: true },
]
const IMAGES = ['background', 'image', 'backgroundImage', 'favicon']

/** Returns the targets of a slide: { target, line, external, loaded }; `loaded` ones are fetched to show the slide. */
export function linksOf({ content, contentLine, line, frontmatter }) {
  const text = content.replace(/^\s*(```+)[\s\S]*?^\s*\1|<!--[\s\S]*?-->/gm, hidden => hidden.replace(/[^\n]/g, ' '))
  const found = FORMS.flatMap(({ pattern, loaded = false }) => [...text.matchAll(pattern)].map(match =>
    ({ target: match[1], line: contentLine + text.slice(0, match.index).split('\n').length - 1, loaded })))
  const images = IMAGES.map(key => frontmatter[key]).filter(value => /^(https?:)?\/|^\.|^@\//.test(value ?? ''))
    .map(target => ({ target, line, loaded: true }))
  return [...found, ...images].filter(({ target }) => !/^(data|mailto):/.test(target))
    .map(link => ({ ...link, external: /^(https?:)?\/\//.test(link.target) }))
}

async function answer(url) {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(20_000), headers: { 'user-agent': 'Mozilla/5.0 (link check)' } })
    return status < 400 ? undefined : `status ${status}`
  }
  catch (error) {
    return error.cause?.message ?? error.message
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { slides } = await load().catch(error => fail(error.message))
  const external = slides.flatMap(slide => linksOf(slide).filter(({ external }) => external).map(link => ({ no: slide.no, ...link })))
  const answers = await Promise.all(external.map(({ target }) => answer(target)))
  external.forEach(({ no, target, line }, i) => console.log(`${answers[i] ? 'dead' : 'fine'}  ${target}  slides.md:${line}, slide ${no}${answers[i] ? `: ${answers[i]}` : ''}`))
  process.exitCode = answers.some(Boolean) ? 1 : 0
}
