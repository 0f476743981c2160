/**
 * For programs in CommonJS: the same module, which Node requires. TypeScript's `node16` does not know that it can.
 * @ts-ignore */
export * from './index.js';
