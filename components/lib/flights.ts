/** The oracle's seven numbers, its airports, and the real flights beside its answer. */
import type { Rows } from './ort.worker'
import recorded from '../../snippets/outputs/live/oracle.json'
import { fetchFile } from './fetch'

export interface Flight { origin: number, destination: number, hour: number, day: number }

const COLUMNS = 7

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
  return { data: Float32Array.from(flights.flatMap(features)), columns: COLUMNS }
}

export interface RealFlight { origin: number, destination: number, minute: number, day: number, air_time: number }
type Columns = Record<keyof RealFlight, number[]>
export interface Sample { columns: Columns, asked: Float32Array, scale: number[] }

/** Reads the real flights that the forest has not seen. */
export async function fetchSample(): Promise<Sample> {
  const { scale, ...columns } = await fetchFile('flights.json').then(answer => answer.json())
  const flights = [...columns.day.keys()].map(i => ({ ...realFlight(columns, i), hour: columns.minute[i] / 60 }))
  return { columns, asked: rows(flights).data, scale }
}

function realFlight({ origin, destination, minute, day, air_time }: Columns, i: number): RealFlight {
  return { origin: origin[i], destination: destination[i], minute: minute[i], day: day[i], air_time: air_time[i] }
}

/** The first `count` real flights, as the model is asked. */
export const rowsOf = ({ asked }: Sample, count: number): Rows => ({ data: asked.slice(0, COLUMNS * count), columns: COLUMNS })

/** The real flights most like `flight`, each feature counted in standard deviations. */
export function nearest({ columns, asked, scale }: Sample, flight: Flight, count: number): RealFlight[] {
  const row = rows([flight]).data
  const found: { i: number, distance: number }[] = []
  for (let i = 0; i < columns.day.length; i++) {
    let distance = 0
    for (let j = 0; j < COLUMNS; j++)
      distance += ((asked[COLUMNS * i + j] - row[j]) / scale[j]) ** 2
    if (found.length < count || distance < found[count - 1].distance) {
      found.push({ i, distance })
      found.sort((a, b) => a.distance - b.distance).splice(count)
    }
  }
  return found.map(({ i }) => realFlight(columns, i))
}
