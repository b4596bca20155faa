import { isFinal, missingInRollup, type RowKey, type UsageReport } from '../usage/report.ts';
import type { Usage } from '../usage/usage.ts';
import { usageParts } from '../usage/usage.ts';
import { verdictOf } from '../usage/verdict.ts';

/**
 * The version of the document's shape: goes up when a reader of the old one could break, be it at a new value
 * where the schema lists them all. Since 2, `zone.origin` may be `settings`.
 */
export const usageVersion = 2;

/** The document that `tidemark usage --json` prints; see `usage-schema.ts`. */
export function usageDocument(report: UsageReport, version: string) {
	const { subject, by, zone, source, first, last, today, comparison, heat } = report;
	return {
		schemaVersion: usageVersion,
		tidemark: version,
		takenAt: new Date(report.takenAt).toISOString(),
		subject: subject.kind === 'all' ? { kind: 'all', id: null, name: null } : subject,
		zone: { name: zone.zone, origin: zone.origin },
		span: { first, last, today },
		source: {
			name: source.source,
			isAsked: source.isAsked,
			reason: source.reason,
			watermarkAt: timeOrNull(report.watermarkAt),
		},
		comparison: {
			...(comparison.kind === 'compared'
				? {
						with: comparison.with,
						first: comparison.first,
						last: comparison.last,
						usage: usageJson(comparison.total.usage),
						other: usageJson(comparison.total.other),
						reason: null,
					}
				: {
						with: null,
						first: null,
						last: null,
						usage: null,
						other: null,
						reason: comparison.reason,
					}),
			...verdictOf(report),
		},
		total: usageJson(report.total),
		by,
		isCut: report.isCut,
		rows: report.rows.map((row) => {
			const lack = missingInRollup(row, source);
			return {
				...keyJson(row.key),
				usage: usageJson(row.usage),
				other: row.other ? usageJson(row.other) : null,
				rawMinusRollup: lack ? usageJson(lack) : null,
				isFinal: row.progress ? isFinal(row.progress, source) : null,
				taskStarts: row.starts ?? null,
			};
		}),
		heatMap: heat
			? {
					isFolded: heat.isFolded,
					lines: heat.lines.map(({ day, cells }) => ({
						day,
						usage: cells.map((cell) => usageJson(cell.usage)),
						taskStarts: heat.hasStarts ? cells.map(({ starts }) => starts) : null,
					})),
				}
			: null,
		notes: report.notes,
	};
}

/** A number, or a string of digits where a number would not be exact. */
const integer = (value: bigint): number | string =>
	value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
		? Number(value)
		: String(value);

const usageJson = (usage: Usage) =>
	Object.fromEntries(usageParts.map((name) => [name, integer(usage[name])]));

function keyJson(key: RowKey): Readonly<Record<string, string | number | null>> {
	const { kind: _, ...rest } = key;
	return rest;
}

/** Null for what there is not, and for a year that a Date can't hold. */
function timeOrNull(at: number | undefined): string | null {
	const date = new Date(at ?? Number.NaN);
	return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
