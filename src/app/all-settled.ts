/** Waits for all, and only then throws the first failure: nothing goes on behind the back of who was told that it failed. */
export async function allSettled(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
}
