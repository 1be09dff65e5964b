/** Numbers from 0 to 1 (Park and Miller). */
export function* random(start: number): Generator<number, never> {
  for (let state = (start % 2147483646) + 1; ;) {
    state = (state * 48271) % 2147483647
    yield state / 2147483647
  }
}
