/** One call of a port, as a fault plan sees it. */
export interface PortCall {
  /** `cluster`, `registry`, … */
  readonly port: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** Calls so far, from 1. */
  readonly count: number;
}

/**
 * What happens around calls. A throw in `before` is a call that never arrived; a throw in `after` is an answer that got
 * lost; a promise that never settles is a process that died right there.
 */
export interface CallHooks {
  readonly before?: (call: PortCall) => Promise<void> | void;
  readonly after?: (call: PortCall) => Promise<void> | void;
}

/** Wraps every method of a port that returns a promise; others (`watch`, `traffic`) pass through. */
export function intercept<T extends object>(port: string, target: T, hooks: CallHooks, next: () => number): T {
  return new Proxy(target, {
    get(object, property): unknown {
      const member: unknown = Reflect.get(object, property, object);
      if (typeof member !== 'function' || typeof property !== 'string') return member;
      return (...args: readonly unknown[]): unknown => {
        if (PASSED.has(property)) return Reflect.apply(member, object, args);
        return around({ port, method: property, args, count: next() }, hooks, () => Reflect.apply(member, object, args) as Promise<unknown>);
      };
    },
  });
}

const PASSED = new Set(['watch', 'blob', 'traffic']);

async function around(call: PortCall, hooks: CallHooks, run: () => Promise<unknown>): Promise<unknown> {
  await hooks.before?.(call);
  const result = await run();
  await hooks.after?.(call);
  return result;
}
