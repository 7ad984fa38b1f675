/** State that every window of the deck shares: what the speaker moves in the presenter view, the audience sees. */
import { onScopeDispose, watch } from 'vue'

export function share(name: string, state: object) {
  const channel = new BroadcastChannel(`onnx101 ${name}`)
  let told = JSON.stringify(state)
  channel.addEventListener('message', ({ data }) => Object.assign(state, JSON.parse(told = data)))
  watch(state, () => {
    const now = JSON.stringify(state)
    if (now !== told)
      channel.postMessage(told = now)
  })
  onScopeDispose(() => channel.close())
}
