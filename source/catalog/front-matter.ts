import type { Column, IndexWish, MetricSpec, Need, Parameter, Sampler } from './sampler.ts';
import { singleStatement } from './statement.ts';
import { decodeValue, type HeaderKey, headerKeys, type Labels } from './values.ts';

/** Something wrong in a sampler file: where, and what to change. */
export type CatalogFault = {
	readonly file: string;
	/** Counted from 1. */
	readonly line: number;
	readonly reason: string;
};

/** A parsed file, or all that is wrong with it. */
export type ParsedSampler =
	| { readonly sampler: Sampler }
	| { readonly faults: readonly CatalogFault[] };

type Entry = { readonly key: HeaderKey; readonly text: string; readonly line: number };

const metricKeys: ReadonlySet<string> = new Set(['type', 'labels', 'value', 'buckets', 'help']);
const repeatable: ReadonlySet<string> = new Set([
	'needs',
	'columns',
	'metric',
	'why',
	...metricKeys,
]);
const defaultMaxRows = 100;

/**
 * What a file is for: a sampler belongs to a panel and is asked on its own, a query is asked with the
 * values of its parameters by whoever needs it.
 */
export type FileUse = 'sampler' | 'query';

/**
 * Parses one sampler file, or with `use` a query of the same format.
 * @param name file name without folder and `.sql`; what follows its first dot is the variant
 */
export function parseSampler(
	file: string,
	pack: string,
	name: string,
	text: string,
	use: FileUse = 'sampler',
): ParsedSampler {
	const faults: CatalogFault[] = [];
	const fault = (line: number, reason: string) => faults.push({ file, line, reason });
	const { entries, bodyLine, body } = splitHeader(text, fault);
	const fields = new Fields(entries, fault);
	const statement = singleStatement(body);
	if ('fault' in statement) {
		fault(bodyLine + linesBefore(body, statement.offset), statement.fault);
	}
	const columns = fields.all<Column[]>('columns').flat();
	const metrics = readMetrics(entries, columns, fields, fault);
	const [plainName = '', ...variant] = name.split('.');
	const everyMs = fields.one<number>('every');
	const timeoutMs = fields.one<number>('timeout');
	const index = fields.one<IndexWish>('index');
	const parameters = fields.one<Parameter[]>('parameters') ?? [];
	if (use === 'sampler' && parameters.length > 0) {
		fault(1, 'a sampler has no parameters: nobody is there to give their values');
	}
	const sampler: Sampler = {
		id: `${pack}/${plainName}`,
		pack,
		name: plainName,
		variant: variant.join('.'),
		file,
		title: fields.required<string>('title') ?? '',
		panel: (use === 'query' ? pack : fields.required<string>('panel')) ?? '',
		...(everyMs === undefined ? {} : { everyMs }),
		...(timeoutMs === undefined ? {} : { timeoutMs }),
		maxRows: fields.one<number>('max-rows') ?? defaultMaxRows,
		needs: fields.all<Need[]>('needs').flat(),
		server: fields.one('server') ?? {},
		...(index && { index }),
		columns,
		parameters,
		metrics,
		why: fields.all<string>('why').join(' '),
		sql: 'sql' in statement ? statement.sql : '',
	};
	if (columns.length === 0) fault(1, 'the header promises no columns');
	return faults.length > 0 ? { faults } : { sampler };
}

type Report = (line: number, reason: string) => void;

function splitHeader(text: string, fault: Report) {
	const lines = text.split(/\r?\n/);
	const entries: Entry[] = [];
	let count = 0;
	for (; count < lines.length && lines[count]?.startsWith('--'); count += 1) {
		const match = /^-- ([a-z-]+): ?(.*)$/.exec(lines[count] ?? '');
		const key = match?.[1] ?? '';
		if (!match) fault(count + 1, 'a header line is written "-- key: value"');
		else if (!Object.hasOwn(headerKeys, key)) fault(count + 1, `there is no key "${key}"`);
		else entries.push({ key: key as HeaderKey, text: (match[2] ?? '').trim(), line: count + 1 });
	}
	return { entries, bodyLine: count + 1, body: lines.slice(count).join('\n') };
}

/** The decoded values of a header; each fault is told once, at its line. */
class Fields {
	readonly #values = new Map<Entry, unknown>();
	readonly #fault: Report;

	constructor(entries: readonly Entry[], fault: Report) {
		this.#fault = fault;
		const seen = new Set<string>();
		for (const entry of entries) {
			if (seen.has(entry.key) && !repeatable.has(entry.key)) {
				fault(entry.line, `${entry.key} is given twice`);
			}
			seen.add(entry.key);
			const result = decodeValue(entry.key, entry.text);
			if ('reason' in result) fault(entry.line, result.reason);
			else this.#values.set(entry, result.value);
		}
	}

	of<T>(entry: Entry | undefined): T | undefined {
		return entry && (this.#values.get(entry) as T | undefined);
	}

	all<T>(key: HeaderKey): T[] {
		return [...this.#values].filter(([entry]) => entry.key === key).map(([, value]) => value as T);
	}

	one<T>(key: HeaderKey): T | undefined {
		return this.all<T>(key)[0];
	}

	required<T>(key: HeaderKey): T | undefined {
		const value = this.one<T>(key);
		if (value === undefined) this.#fault(1, `the header has no ${key}`);
		return value;
	}
}

function readMetrics(
	entries: readonly Entry[],
	columns: readonly Column[],
	fields: Fields,
	fault: Report,
): MetricSpec[] {
	const blocks: Entry[][] = [];
	for (const entry of entries) {
		if (entry.key === 'metric') blocks.push([entry]);
		else if (metricKeys.has(entry.key)) {
			const block = blocks.at(-1);
			if (!block) fault(entry.line, `${entry.key} belongs below the metric it describes`);
			else if (block.some((each) => each.key === entry.key)) {
				fault(entry.line, `${entry.key} is given twice for one metric`);
			} else block.push(entry);
		}
	}
	return blocks.map((block) => readMetric(block, columns, fields, fault));
}

function readMetric(
	block: readonly Entry[],
	columns: readonly Column[],
	fields: Fields,
	fault: Report,
): MetricSpec {
	const get = <T>(key: HeaderKey) => fields.of<T>(block.find((entry) => entry.key === key));
	const line = block[0]?.line ?? 1;
	const type = get<MetricSpec['type']>('type') ?? 'gauge';
	const value = get<string>('value') ?? 'value';
	const { labels, constantLabels } = get<Labels>('labels') ?? { labels: [], constantLabels: {} };
	const buckets = get<readonly number[]>('buckets') ?? [];
	const help = get<string>('help');
	if (!help) fault(line, 'a metric needs its help');
	if ((type === 'histogram') !== buckets.length > 0) {
		fault(line, 'a histogram, and only a histogram, has buckets');
	}
	const values =
		type === 'histogram' ? [...buckets.map((bound) => `le_${bound}`), 'count', 'sum'] : [value];
	for (const name of [...values, ...labels]) {
		if (!columns.some((column) => column.name === name)) {
			fault(line, `the metric uses a column "${name}" that columns does not promise`);
		}
	}
	return {
		name: get<string>('metric') ?? '',
		type,
		help: help ?? '',
		value,
		labels,
		constantLabels,
		buckets,
	};
}

const linesBefore = (text: string, offset: number): number =>
	text.slice(0, offset).split('\n').length - 1;
