// The links of a deck's slides.

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
