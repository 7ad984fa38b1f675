/** Returns the bytes of public/models/`name`.onnx; throws with the reason. */
export async function fetchModel(name: string): Promise<Uint8Array> {
  const response = await fetch(`${import.meta.env.BASE_URL}models/${name}.onnx`).catch(() => {
    throw new Error('the server does not answer')
  })
  // A development server answers a missing file with the deck's own page.
  if (!response.ok || response.headers.get('content-type')?.includes('text/html'))
    throw new Error('there is no such file')
  return new Uint8Array(await response.arrayBuffer())
}
