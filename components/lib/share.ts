/** State that every window of the deck shares: what the speaker moves in the presenter view, the audience sees. */
import shared from 'server-reactive:share'
import { onScopeDispose, watch } from 'vue'

export function share(name: string, state: object) {
  let told = JSON.stringify(state)
  const take = (text: string) => Object.assign(state, JSON.parse(told = text))
  const tell = (how: (text: string) => void) => watch(state, () => {
    const now = JSON.stringify(state)
    if (now !== told)
      how(told = now)
  })
  if (import.meta.hot) { // the dev server tells all windows, even on other machines, but accepts changes only from the presenter
    watch(() => shared[name], value => value && take(JSON.stringify(value)), { deep: true, immediate: true })
    tell(text => shared.$patch({ [name]: JSON.parse(text) }))
  }
  else {
    const channel = new BroadcastChannel(`onnx101 ${name}`)
    channel.addEventListener('message', ({ data }) => take(data))
    tell(text => channel.postMessage(text))
    onScopeDispose(() => channel.close())
  }
}
