/** The acts of the talk: each begins with a slide whose layout is `opener`, and is named by its title. */
import { useNav } from '@slidev/client'
import { computed } from 'vue'

export interface Act { name: string, about: string, from: number, until: number, minutes: number, appendix: boolean }

export function useActs() {
  const { slides } = useNav()
  const meta = (no: number) => slides.value[no - 1].meta.slide
  return computed<Act[]>(() => {
    const starts = slides.value.map(({ no }) => no).filter(no => meta(no).frontmatter.layout === 'opener')
    return starts.map((from, i) => {
      const until = (starts[i + 1] ?? slides.value.length + 1) - 1
      const minutes = slides.value.slice(from - 1, until).reduce((sum, { meta }) => sum + (meta.slide.frontmatter.minutes ?? 0), 0)
      const { title, frontmatter } = meta(from)
      return { name: title ?? '', about: frontmatter.about ?? '', from, until, minutes, appendix: !!frontmatter.appendix }
    })
  })
}
