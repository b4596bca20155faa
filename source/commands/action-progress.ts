import { progressText, yieldText } from '../actions/describe-progress.ts';
import { describeHolder } from '../actions/locks.ts';
import { type ActionEvent, noProgress, progressAfter } from '../actions/progress.ts';
import { momentText } from '../actions/times.ts';
import { formatCount, formatMs } from '../lib/format.ts';
import { clip } from '../lib/text.ts';

/** Shows an action's progress; `end` leaves the last state readable. */
export type Reporter = {
	onEvent(event: ActionEvent): void;
	end(): void;
};

/** Progress on one line that is drawn over, on a terminal; else a line for each event that matters. */
export function createReporter(
	stream: NodeJS.WriteStream,
	{ sleepMs = 0, hasKeys = false }: { readonly sleepMs?: number; readonly hasKeys?: boolean } = {},
): Reporter {
	let progress = noProgress;
	const isTerminal = stream.isTTY === true;
	let isDrawn = false;
	const line = (text: string) => {
		stream.write(`${isDrawn ? '\r\x1b[K' : ''}${text}\n`);
		isDrawn = false;
	};
	return {
		onEvent(event) {
			progress = progressAfter(progress, event);
			const told = toldOf(event, isTerminal);
			if (told !== undefined) line(told);
			if (!isTerminal || progress.totalRows === 0) return;
			const text = progressText(progress, sleepMs) + (hasKeys ? '   p pause  esc stop' : '');
			stream.write(`\r\x1b[K${clip(text, Math.max(20, (stream.columns ?? 80) - 1))}`);
			isDrawn = true;
		},
		end() {
			if (isDrawn) stream.write('\n');
			isDrawn = false;
		},
	};
}

/** The line that an event is worth, if any. */
function toldOf(event: ActionEvent, isTerminal: boolean): string | undefined {
	switch (event.kind) {
		case 'note':
			return event.text;
		case 'slice-retried':
			return `again from ${momentText(event.slice.fromMs)}: ${event.reason}`;
		case 'yielded':
			return `lock given back: ${yieldText(event.reason)}`;
		case 'went-on':
			return `lock taken again after ${formatMs(event.afterMs)}`;
		case 'busy': {
			const holder = event.users.find(({ isHolder }) => isHolder);
			return isTerminal || !holder ? undefined : `waiting: ${describeHolder(holder)}`;
		}
		case 'slice-done':
			return isTerminal
				? undefined
				: `${momentText(event.slice.fromMs)} to ${momentText(event.slice.toMs)}: ${formatCount(event.rows)} rows, ${formatCount(event.touched)} touched, ${formatMs(event.tookMs)}`;
		default:
			return undefined;
	}
}
