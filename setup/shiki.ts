import { defineShikiSetup } from '@slidev/types'

// High contrast: every colour reads at 4.5:1 or better on its panel. No time limit: on a busy machine the first line of
// a language takes longer than Shiki's half second, which then leaves the rest of the block in the wrong colours.
export default defineShikiSetup(() => ({
  themes: {
    light: 'github-light-high-contrast',
    dark: 'github-dark-high-contrast',
  },
  tokenizeTimeLimit: 0,
}))
