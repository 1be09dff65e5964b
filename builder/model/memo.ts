/** `make` with a memory of its last result for each key: the inputs are the same for most nodes of a cluster. */
export function memo<Key extends object, Inputs extends readonly unknown[], Result>(
  make: (key: Key, ...inputs: Inputs) => Result,
): (key: Key, ...inputs: Inputs) => Result {
  const last = new WeakMap<Key, { readonly inputs: Inputs; readonly result: Result }>()
  return (key, ...inputs) => {
    const known = last.get(key)
    if (known !== undefined && areSame(known.inputs, inputs)) return known.result
    const result = make(key, ...inputs)
    last.set(key, { inputs, result })
    return result
  }
}

/** Whether two lists hold the same values, and lists of the same values. */
export function areSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  if (some.length !== others.length) return false
  // This runs some hundred times for each node: a loop makes no function.
  for (let index = 0; index < some.length; index++) if (!isSame(some[index], others[index])) return false
  return true
}

/** Whether two values are the same, or lists of the same values. */
export function isSame(one: unknown, other: unknown): boolean {
  return one === other || (Array.isArray(one) && Array.isArray(other) && areSame(one, other))
}
