// Apart from what uses them, since every start loads the flags that name them.

/** How usage can be grouped. */
export const groupings = ['day', 'week', 'agent', 'model', 'hour'] as const;
export type Grouping = (typeof groupings)[number];

/** What usage can be read from. */
export const sourceNames = ['hourly', 'daily', 'raw'] as const;
export type SourceName = (typeof sourceNames)[number];

/** How many days are shown when nothing is said. */
export const defaultDays = 7;
