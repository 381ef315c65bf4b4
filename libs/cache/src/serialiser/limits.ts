/** The largest value, in bytes before compression: eight times what Redis keeps of one entry (P06), twice the largest request. */
export const MAX_VALUE_BYTES = 8 * 1024 * 1024;

/** Objects of all kinds in one value. A result of 100,000 rows has as many; looking at them takes some 20 ms. */
export const MAX_OBJECTS = 100_000;

/** Nested deeper than any result is; all the libraries below recurse. */
export const MAX_DEPTH = 200;

/** Larger ones take time to read that grows faster than they do. */
export const MAX_BIGINT_BITS = 8_192;
