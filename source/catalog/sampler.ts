/** A column type a header may promise; decides how the driver's text is decoded. */
export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'timestamp' | 'date';

/** One promised result column. */
export type Column = { readonly name: string; readonly type: ColumnType };

/** A value that is bound when a query is asked: `$1` is the first. The server reads it as this type. */
export type Parameter = {
	readonly name: string;
	readonly type: string;
	readonly isNullable: boolean;
};

/** Something the database must have, and the role must be allowed to use, for the query to run. */
export type Need =
	| { readonly kind: 'table'; readonly table: string; readonly columns: readonly string[] }
	| { readonly kind: 'function'; readonly signature: string };

/** An index by the columns that it begins with. */
export type IndexWish = { readonly table: string; readonly columns: readonly string[] };

/** What Prometheus calls the metric's type; a histogram comes as cumulative counts per bound. */
export type MetricType = 'gauge' | 'counter' | 'histogram';

/** One metric fed by a sampler: which column is its value and which columns are its labels. */
export type MetricSpec = {
	readonly name: string;
	readonly type: MetricType;
	readonly help: string;
	/** Column that holds the value; a histogram reads `le_<bound>`, `count` and `sum` instead. */
	readonly value: string;
	/** Label names that are columns of the result. */
	readonly labels: readonly string[];
	/** Labels with one fixed value, such as `window="5m"`. */
	readonly constantLabels: Readonly<Record<string, string>>;
	/** Upper bounds of a histogram, ascending, in the unit of the metric. */
	readonly buckets: readonly number[];
};

/** Server versions a variant is for, as `server_version_num / 10000`: from `min` on, before `below`. */
export type ServerRange = { readonly min?: number; readonly below?: number };

/** One `.sql` file of the catalog: what it needs, what it returns and how often to ask. */
export type Sampler = {
	/** `pack/name`, the same for all variants of a sampler. */
	readonly id: string;
	readonly pack: string;
	readonly name: string;
	/** Empty for the plain file, else the part of the file name after the first dot. */
	readonly variant: string;
	readonly file: string;
	/** It came out of a folder of the user's: what is wrong with it stops nothing else. */
	readonly isOwn?: true;
	readonly title: string;
	readonly panel: string;
	/** Own cadence in ms; absent: every refresh. */
	readonly everyMs?: number;
	/** Own statement timeout in ms; absent: the configured one. */
	readonly timeoutMs?: number;
	readonly maxRows: number;
	readonly needs: readonly Need[];
	readonly server: ServerRange;
	/** The query works without it but reads too much; while it is missing the screen says how to make it. */
	readonly index?: IndexWish;
	readonly columns: readonly Column[];
	/** Empty for a sampler; a query of the reader may have some, in the order of `$1`, `$2`, … */
	readonly parameters: readonly Parameter[];
	readonly metrics: readonly MetricSpec[];
	readonly why: string;
	/** The one SELECT, without header and trailing semicolon. */
	readonly sql: string;
};
