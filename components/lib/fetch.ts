/** Asks for a file of public/models/; throws with the reason when it does not come. */
export async function fetchFile(name: string): Promise<Response> {
  const response = await fetch(`${import.meta.env.BASE_URL}models/${name}`).catch(() => {
    throw new Error('the server does not answer')
  })
  // A development server answers a missing file with the deck's own page.
  if (!response.ok || response.headers.get('content-type')?.includes('text/html'))
    throw new Error(`there is no file ${name}`)
  return response
}

/** Returns the bytes of a model of public/models/. */
export const fetchModel = async (name: string) => new Uint8Array(await (await fetchFile(`${name}.onnx`)).arrayBuffer())
