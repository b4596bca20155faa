import type { ColumnType, Sampler } from '../catalog/sampler.ts';

/** The panels that ship; `database` feeds the header and the footer. */
export const builtInPanels = [
	'tasks',
	'runtimes',
	'rollups',
	'dirty',
	'activity',
	'leases',
	'database',
] as const;

/** A sampler as its panel draws it. */
export type OwnSampler = {
	readonly id: string;
	readonly title: string;
	/** Of all variants. */
	readonly types: ReadonlyMap<string, ColumnType>;
};

/** A panel that samplers of the user's fill. */
export type OwnPanel = { readonly id: string; readonly samplers: readonly OwnSampler[] };

/** The panels that own samplers name and that are not built in, by name. */
export function ownPanels(samplers: readonly Sampler[]): readonly OwnPanel[] {
	const isBuiltIn = new Set<string>(builtInPanels);
	const own = samplers.filter(({ isOwn, panel }) => isOwn && !isBuiltIn.has(panel));
	return [...Map.groupBy(own, ({ panel }) => panel)]
		.map(([id, members]) => ({ id, samplers: samplersOf(members) }))
		.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const samplersOf = (members: readonly Sampler[]): readonly OwnSampler[] =>
	[...Map.groupBy(members, ({ id }) => id)].map(([id, variants]) => ({
		id,
		title: variants[0]?.title ?? id,
		types: new Map(
			variants.flatMap(({ columns }) => columns.map(({ name, type }) => [name, type] as const)),
		),
	}));
