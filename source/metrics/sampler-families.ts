import type { MetricSpec, Sampler } from '../catalog/sampler.ts';
import { type Row, rowsOf } from '../sampling/reading.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import { type Family, mergeSeries, type Series } from './family.ts';

type Source = { readonly sampler: Sampler; readonly spec: MetricSpec };

/** A metric of the catalog with everything that feeds it, and what stands in its way. */
export type FamilyPlan = Pick<Family, 'name' | 'help' | 'type'> & {
	readonly sources: readonly Source[];
};

/** Plans the families of a catalog. A metric that can't be exposed is left out and named in `faults`. */
export function planFamilies(
	samplers: readonly Sampler[],
	reservedNames: ReadonlySet<string>,
): {
	readonly families: readonly FamilyPlan[];
	readonly faults: readonly string[];
	/** Those of the user's own samplers. */
	readonly ownFaults: readonly string[];
} {
	const families = new Map<string, FamilyPlan>();
	const faults: string[] = [];
	const ownFaults: string[] = [];
	const tell = ({ file, isOwn }: Sampler, reason: string) =>
		(isOwn ? ownFaults : faults).push(`${file}: the metric ${reason}`);
	// The built-in ones come first: it is the user's that gives way.
	for (const sampler of samplers.toSorted((a, b) => Number(a.isOwn ?? 0) - Number(b.isOwn ?? 0))) {
		for (const spec of sampler.metrics) {
			const known = families.get(spec.name);
			const reason = reservedNames.has(spec.name)
				? 'is one of tidemark itself'
				: clash({ sampler, spec }, known);
			if (reason) tell(sampler, `${spec.name} ${reason}`);
			else {
				const { name, help, type } = known ?? spec;
				families.set(name, {
					name,
					help,
					type,
					sources: [...(known?.sources ?? []), { sampler, spec }],
				});
			}
		}
	}
	for (const plan of families.values()) {
		for (const part of impliedNames(plan)) {
			const other = families.get(part)?.sources[0]?.sampler;
			if (!other) continue;
			const given = other.isOwn
				? { name: part, sampler: other }
				: { name: plan.name, sampler: plan.sources[0]?.sampler ?? other };
			tell(given.sampler, `${part} is part of the ${plan.type} ${plan.name}`);
			families.delete(given.name);
		}
	}
	return { families: [...families.values()], faults, ownFaults };
}

function clash({ sampler, spec }: Source, known: FamilyPlan | undefined): string | undefined {
	const column = sampler.columns.find(({ name }) => name === spec.value);
	if (spec.type !== 'histogram' && column?.type === 'text') {
		return `has the column ${spec.value} as its value, which is text`;
	}
	const badLabel = [...spec.labels, ...Object.keys(spec.constantLabels)].find(
		(label) => label.startsWith('__') || (label === 'le' && spec.type === 'histogram'),
	);
	if (badLabel) return `has a label ${badLabel}, a name that Prometheus keeps for itself`;
	const other = known?.sources[0];
	if (!other) return undefined;
	if (other.spec.type !== spec.type) return `is a ${other.spec.type} in ${other.sampler.file}`;
	if (other.sampler.pack !== sampler.pack) return `is already fed by ${other.sampler.file}`;
	return undefined;
}

/** The names that a family takes besides its own, in one of the formats. */
function impliedNames({ name, type }: FamilyPlan): string[] {
	if (type === 'histogram') return ['_bucket', '_count', '_sum'].map((suffix) => name + suffix);
	return type === 'counter' && name.endsWith('_total') ? [name.replace(/_total$/, '')] : [];
}

/**
 * The families of a snapshot. What is not known has no series: pending, failed, not in this database,
 * NULL, or a last good value that is too old to be told.
 */
export function samplerFamilies(
	plans: readonly FamilyPlan[],
	snapshot: Snapshot,
	isTold: (samplerId: string) => boolean,
): Family[] {
	return plans.map(({ name, help, type, sources }) => {
		const series: Series[] = [];
		// Variants of a sampler name the same columns for the same metric; one of them is read.
		const seen = new Set<string>();
		for (const { sampler, spec } of sources) {
			const key = `${sampler.id} ${JSON.stringify([spec.value, spec.labels, spec.constantLabels])}`;
			if (seen.has(key)) continue;
			seen.add(key);
			if (!isTold(sampler.id)) continue;
			const rows = rowsOf(snapshot.readings.get(sampler.id)) ?? [];
			for (const row of rows) series.push(...seriesOf(row, sampler, spec));
		}
		return { name, help, type, series: mergeSeries(series) };
	});
}

function seriesOf(row: Row, sampler: Sampler, spec: MetricSpec): Series[] {
	const labels: Record<string, string> = { ...spec.constantLabels };
	for (const name of spec.labels) labels[name] = String(row[name] ?? '');
	if (spec.type === 'histogram') return histogramSeries(row, labels, spec.buckets);
	const isTimestamp = sampler.columns.some(
		(column) => column.name === spec.value && column.type === 'timestamp',
	);
	const value = numberIn(row, spec.value);
	if (value === undefined) return [];
	return [{ labels, value: isTimestamp ? value / 1000 : value }];
}

function histogramSeries(
	row: Row,
	labels: Readonly<Record<string, string>>,
	bounds: readonly number[],
): Series[] {
	const count = numberIn(row, 'count');
	const sum = numberIn(row, 'sum') ?? (count === 0 ? 0 : undefined);
	const counts = bounds.map((bound) => numberIn(row, `le_${bound}`));
	if (count === undefined || sum === undefined || counts.includes(undefined)) return [];
	const buckets = counts.map((value, at) => ({
		suffix: '_bucket',
		labels: { ...labels, le: String(bounds[at]) },
		value: value ?? 0,
	}));
	return [
		...buckets,
		{ suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
		{ suffix: '_sum', labels, value: sum },
		{ suffix: '_count', labels, value: count },
	];
}

/** A cell as Prometheus' only type; NULL, text and NaN are unknown. Past 2^53 the last digits go. */
function numberIn(row: Row, column: string): number | undefined {
	const cell = row[column];
	if (cell === null || cell === undefined || typeof cell === 'string') return undefined;
	const value = Number(cell);
	return Number.isNaN(value) ? undefined : value;
}
