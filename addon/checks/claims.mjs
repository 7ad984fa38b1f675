// What titles say, held against what was measured and what their slides show.
import { dirname, extname, join } from 'node:path/posix'
import { tagsOf } from '../deck/prose.mjs'
import { textIfAny } from '../deck/slides.mjs'
import { list, read, stem } from './files.mjs'

/** The measurements by name: what each JSON file among the recordings holds. */
export const measurements = (root, recordings) => Object.fromEntries(
  list(root, recordings).filter(path => path.endsWith('.json')).map(path => [stem(path), JSON.parse(read(root, path))]),
)

/** The components that read a measurement, themselves or through a file that they import. */
function measuring(root, recordings) {
  const measurement = new RegExp(`/${recordings}/[^'"\`]*\\.json|/measurements'`)
  const files = list(root, 'components', true)
  const reads = (path, seen = new Set()) => {
    if (!path || seen.has(path))
      return false
    seen.add(path)
    const source = read(root, path)
    return measurement.test(source) || [...source.matchAll(/from '(\.[^']+)'/g)].some(([, target]) => {
      const at = join(dirname(path), target)
      return reads(files.find(file => file === at || file.slice(0, -extname(file).length) === at), seen)
    })
  }
  return new Set(files.filter(path => path.endsWith('.vue') && reads(path)).map(stem))
}

/** What a slide shows, as a claim may read it: `code` that it imports, `output` that was recorded. */
export function shownOn(root, slide, recordings) {
  const texts = all => all.map(shown => textIfAny(root, shown)).filter(text => text !== undefined).join('\n')
  const runs = tagsOf(slide).filter(({ tag }) => tag === 'Run')
  return { code: texts(slide.imports), output: texts(runs.map(({ attributes }) => ({ path: `${recordings}/${attributes.snippet}.txt` }))) }
}

/** Yields { slide, line, message } where a title claims what is not so, or a measurement is shown that no title claims. */
export function* claimed({ root, slides }, { claims, recordings }) {
  const data = measurements(root, recordings)
  const measured = measuring(root, recordings)
  for (const slide of slides) {
    const claim = claims[slide.title]
    const at = { slide, line: slide.line }
    if (!claim && slide.frontmatter.claim !== 'none' && tagsOf(slide).some(({ tag }) => measured.has(tag)))
      yield { ...at, message: 'the slide shows a measurement and claims nothing; write a claim with the words of its title into deck.config.mjs, or `claim: none` where the title leans on no number' }
    const verdict = !claim || judge(claim, data, shownOn(root, slide, recordings))
    if (verdict !== true)
      yield { ...at, message: `the title is no longer true: ${verdict}; measure again, or mend the title and its claim` }
  }
  const titles = new Set(slides.map(({ title }) => title))
  for (const title of Object.keys(claims).filter(title => !titles.has(title)))
    yield { message: `no slide has the title "${title}" that deck.config.mjs claims; a title has changed: prove the new one, or take the claim out` }
}

/** Returns true, or why the claim does not hold of the measurements and of what its slide shows. */
export function judge(claim, data, shown) {
  try {
    return claim(data, shown)
  }
  catch (error) {
    return error.message
  }
}
