/** The oracle's seven numbers, its airports, and the real flights beside its answer. */
import type { Rows } from './ort.worker'
import recorded from '../../snippets/outputs/live/oracle.json'

export interface Flight { origin: number, destination: number, hour: number, day: number }

const { airports, origins } = recorded
export const index = (code: string) => airports.findIndex(airport => airport.code === code)
/** Numbers of airports: where flights start, and everywhere that they go. */
export const starts = origins.map(index)
export const everywhere = airports.map((_, i) => i)
export const first: Flight = { ...recorded.flight, origin: index(recorded.flight.origin), destination: index(recorded.flight.destination) }

function features({ origin, destination, hour, day }: Flight): number[] {
  const [from, to] = [airports[origin], airports[destination]]
  return [from.lat, from.lon, to.lat, to.lon, hour, to.km[starts.indexOf(origin)], day]
}

/** What the model is asked: seven float32 a flight, the very ones that Python computes. */
export function rows(flights: Flight[]): Rows {
  return { data: Float32Array.from(flights.flatMap(features)), columns: 7 }
}

export interface RealFlight { origin: number, destination: number, minute: number, day: number, air_time: number }
export interface Sample { flights: RealFlight[], asked: Float32Array, scale: number[] }

/** Reads the real flights that the forest has not seen. */
export async function fetchSample(): Promise<Sample> {
  const { scale, ...columns } = await fetch(`${import.meta.env.BASE_URL}models/flights.json`).then(answer => answer.json())
  const flights = columns.day.map((_: number, i: number) =>
    Object.fromEntries(Object.entries<number[]>(columns).map(([name, column]) => [name, column[i]])))
  return { flights, asked: rows(flights.map((flight: RealFlight) => ({ ...flight, hour: flight.minute / 60 }))).data, scale }
}

/** The first `count` real flights, as the model is asked. */
export const rowsOf = ({ asked }: Sample, count: number): Rows => ({ data: asked.slice(0, 7 * count), columns: 7 })

/** The real flights most like `flight`, each feature counted in standard deviations. */
export function nearest({ flights, asked, scale }: Sample, flight: Flight, count: number): RealFlight[] {
  const row = rows([flight]).data
  const distance = Float64Array.from(flights, (_, i) =>
    scale.reduce((sum, deviation, j) => sum + ((asked[7 * i + j] - row[j]) / deviation) ** 2, 0))
  return [...flights.keys()].sort((a, b) => distance[a] - distance[b]).slice(0, count).map(i => flights[i])
}
