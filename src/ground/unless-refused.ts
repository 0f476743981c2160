/** What the types of Node leave out. */
declare const WebAssembly: { readonly CompileError: new () => Error };

/**
 * What WebAssembly can be refused: memory, which V8 tells by a RangeError, and code, on a processor without its vectors.
 * @returns undefined where it was
 */
export function unlessRefused<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof RangeError || error instanceof WebAssembly.CompileError) return undefined;
    throw error;
  }
}
