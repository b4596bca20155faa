import * as v from 'valibot';
import { sanitise } from '../lib/text.ts';
import type { OwnPanel } from '../sampling/own-panels.ts';
import type { RecordedPanel } from './format.ts';

const text = v.pipe(
	v.string(),
	v.transform((given) => sanitise(given, { maxLength: 200 })),
);
const columnType = v.picklist(['text', 'integer', 'number', 'boolean', 'timestamp', 'date']);

const panels = v.pipe(
	v.array(
		v.object({
			id: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_-]{0,60}$/)),
			samplers: v.pipe(
				v.array(v.object({ id: text, title: text, types: v.record(text, columnType) })),
				v.maxLength(100),
			),
		}),
	),
	v.maxLength(20),
);

/** The panels that a recording's head names, checked and sanitised; none where they can't be read. */
export function readPanels(given: unknown): readonly RecordedPanel[] {
	const result = v.safeParse(panels, given);
	return result.success ? result.output : [];
}

/** The same as they are drawn. */
export const ownPanelsOf = (recorded: readonly RecordedPanel[]): readonly OwnPanel[] =>
	recorded.map(({ id, samplers }) => ({
		id,
		samplers: samplers.map(({ types, ...each }) => ({
			...each,
			types: new Map(Object.entries(types)),
		})),
	}));
