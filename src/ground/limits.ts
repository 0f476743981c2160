/**
 * Limits and constants that several rooms share, each of them once. What one file alone needs, such as how many rows it
 * takes at once, stays in that file. Imports nothing: src/tree runs in a browser.
 */

const MIB = 1024 * 1024;

// Tables and models.

/** Rows of a table: products of two counts stay exact in a double. */
export const MAX_ROWS = 1 << 26;
/** Columns of a table. Each costs some kilobytes and some time, whatever is in it. */
export const MAX_COLUMNS = 100_000;
/** Categories of a column: their indices and one more value, for missing, fit into a byte. */
export const MAX_CATEGORIES = 255;
/** Classes of a target: labels and the number of classes both fit into 16 bits. */
export const MAX_CLASSES = 65_535;
/** Training rows of a node, of one class or of all: they fit into 32 bits. */
export const MAX_NODE_ROWS = 0xffff_ffff;
/** Hashes in the sketch of a table: about as exact as a poll of so many rows. */
export const SKETCH_SIZE = 64;
/** The value of a category that training never saw. */
export const UNKNOWN_CATEGORY = -1;
/** A model's file. Larger ones are refused before they are parsed: about five million nodes fit. */
export const MAX_ARTIFACT_BYTES = 256 * MIB;
/** Models of one server, and the files of versions of each. */
export const MAX_MODELS = 10_000;
export const MAX_MODEL_VERSIONS = 100;
/** All files of the models of one server together. */
export const MAX_REPOSITORY_BYTES = 1024 * MIB;
/** Hex digits of a model's hash that are its version on the wire. */
export const VERSION_DIGITS = 12;

// Threads and timers.

/** Threads that a person may ask for. */
export const MAX_JOBS = 1024;
/** The longest delay that a Node timer takes, a little under 25 days. A longer one fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

// The network.

export const MAX_PORT = 65_535;
/** The largest value of a signed 32-bit option, as grpc-js and HTTP/2 have them. */
export const MAX_INT32 = 2 ** 31 - 1;
/** Violations that one refusal lists, on both sides of the wire. */
export const MAX_VIOLATIONS = 8;

// A server's defaults, in the library and on the command line.

/** The largest request taken, and the largest reply made. */
export const DEFAULT_MAX_MESSAGE_BYTES = 16 * MIB;
/** Rows of one call. */
export const DEFAULT_MAX_BATCH_ROWS = 100_000;
export const DEFAULT_MAX_CONCURRENT_CALLS = 1000;
/** Of one gRPC connection. */
export const DEFAULT_MAX_CONCURRENT_STREAMS = 250;
/** A shutdown, the drain delay included. */
export const DEFAULT_GRACE_MS = 8000;
