import { defineRoutesSetup } from '@slidev/types'

/** Slidev's page of all slides one below the other, which it keeps for its own export: ours prints it from the dev server. */
export default defineRoutesSetup((routes) => {
  if (!__DEV__ || routes.some(({ path }) => path === '/print'))
    return routes
  return [...routes, { name: 'print', path: '/print', component: () => import('@slidev/client/pages/print.vue') }]
})
