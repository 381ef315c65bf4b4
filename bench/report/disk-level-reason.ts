/** The decision, beside the numbers that it was made from. */
export const DISK_LEVEL_REASON = 'TO BE WRITTEN\n';
