import { defineVitePluginsSetup } from '@slidev/types'
import { configOf } from '../deck/config.mjs'
import { keepWatching, reloadOnCount } from '../vite/hot-reload.mjs'
import { presented } from '../vite/presented.mjs'
import { quick } from '../vite/quick.mjs'
import { readOnly } from '../vite/read-only.mjs'
import { recordings } from '../vite/recordings.mjs'
import { site } from '../vite/site.mjs'
import { stage } from '../vite/stage.mjs'

export default defineVitePluginsSetup(async (options) => {
  keepWatching(options.data)
  const config = await configOf(options.userRoot)
  return [presented(options), quick(options), reloadOnCount(options), stage(options, config), readOnly(options), recordings(options, config), ...site(options, config)]
})
