import type { Sampler } from '../catalog/sampler.ts';
import { formatMs, formatPlural } from '../lib/format.ts';
import { displayWidth, padEnd, padStart } from '../lib/text.ts';
import { type Reading, type Row, rowsOf } from '../sampling/reading.ts';
import { jsonCell } from './once-document.ts';
import type { OneSample } from './one-sample.ts';

/** A sample as plain text: each sampler with its state and its rows, exactly as they came. */
export function onceTables({ samplers, snapshot }: OneSample): string {
	const bySampler = new Map(samplers.map((sampler) => [sampler.id, sampler]));
	const blocks = [...snapshot.readings].map(([id, reading]) => {
		const sampler = bySampler.get(id);
		const title = `${id}  ${sampler?.title ?? ''}  (${stateOf(reading)})`;
		const rows = rowsOf(reading) ?? [];
		return [title, ...(sampler && rows.length > 0 ? table(sampler, rows) : [])].join('\n');
	});
	return `${blocks.join('\n\n')}\n`;
}

function stateOf(reading: Reading): string {
	switch (reading.kind) {
		case 'ok':
		case 'empty': {
			const rows = formatPlural(rowsOf(reading)?.length ?? 0, 'row');
			return `${rows}, ${formatMs(reading.cost.serverMs)}`;
		}
		case 'failed':
		case 'stale':
			return `failed: ${reading.failure.sentence}`;
		case 'unavailable':
			return reading.reason;
		case 'pending':
			return 'not asked';
	}
}

function table({ columns }: Sampler, rows: readonly Row[]): string[] {
	const cells = rows.map((row) =>
		columns.map(({ name, type }) => String(jsonCell(row[name] ?? null, type) ?? '–')),
	);
	const lines = [columns.map(({ name }) => name), ...cells];
	const widths = columns.map((_, at) =>
		Math.max(...lines.map((line) => displayWidth(line[at] ?? ''))),
	);
	return lines.map((line) =>
		`  ${line
			.map((text, at) => {
				const isNumber = columns[at]?.type === 'integer' || columns[at]?.type === 'number';
				return (isNumber ? padStart : padEnd)(text, widths[at] ?? 0);
			})
			.join('  ')}`.trimEnd(),
	);
}
