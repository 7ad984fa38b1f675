import { defineShikiSetup } from '@slidev/types'

// High contrast: every colour reads at 4.5:1 or better on its panel.
export default defineShikiSetup(() => ({
  themes: {
    light: 'github-light-high-contrast',
    dark: 'github-dark-high-contrast',
  },
}))
