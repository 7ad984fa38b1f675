import { definePreparserSetup } from '@slidev/types'
import { chosenPath, isOn } from '../deck/path.mjs'

/** Leaves out the slides that are not on the chosen path. */
export default definePreparserSetup(() => {
  const minutes = chosenPath()
  if (minutes === undefined)
    return []
  return [{
    name: 'deck:path',
    async transformSlide(_, frontmatter) {
      if (frontmatter.duration)
        frontmatter.duration = `${minutes}min`
      if (!isOn(frontmatter, minutes))
        frontmatter.hide = true
      return undefined
    },
  }]
})
