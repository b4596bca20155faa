import {
	answer,
	askFor,
	type Confirmation,
	deafMs,
	type Rung,
	tooEarly,
} from '../actions/confirm.ts';
import { listenToKeys } from './action-keys.ts';
import type { CommandContext } from './command.ts';

/**
 * Asks on the terminal. Resolves to false for anything but the answer that was asked for.
 * @param question what is about to be done, without a question mark
 */
export function confirmOnTerminal(
	{ stdin, stderr, ending }: Pick<CommandContext, 'stdin' | 'stderr' | 'ending'>,
	rung: Rung,
	question: string,
): Promise<boolean> {
	return new Promise((resolve) => {
		let state = askFor(rung, performance.now());
		const draw = () => stderr.write(`\r\x1b[K${promptOf(state, question)}`);
		const finish = (isYes: boolean) => {
			clearTimeout(ready);
			keys.stop();
			ending.removeEventListener('abort', giveUp);
			stderr.write('\n');
			resolve(isYes);
		};
		const giveUp = () => finish(false);
		const keys = listenToKeys({ stdin, output: stderr }, (key) => {
			state = answer(state, key, performance.now());
			if (state.notice !== tooEarly) draw();
			if (state.outcome !== 'open') finish(state.outcome === 'yes');
		});
		ending.addEventListener('abort', giveUp, { once: true });
		stderr.write(`${introOf(rung)}\n`);
		// What there is to press shows when pressing it does something.
		const ready = setTimeout(draw, deafMs + 10);
		if (ending.aborted) giveUp();
	});
}

function introOf(rung: Rung): string {
	switch (rung.kind) {
		case 'button':
			return 'Tab chooses, enter confirms, esc leaves.';
		case 'name':
			return `To go on, type the name of the target: ${rung.name}`;
		case 'name-and-rows':
			return `To go on, type the name of the target, ${rung.name}, and then the number of rows that are ${rung.fate}: ${rung.rows}`;
	}
}

function promptOf(state: Confirmation, question: string): string {
	const notice = state.notice === '' ? '' : `   (${state.notice})`;
	if (state.wanted.length === 0) {
		const button = (name: string, isFocused: boolean) => (isFocused ? `[${name}]` : ` ${name} `);
		return `${question}?  ${button('Cancel', state.focus === 'cancel')} ${button('Run', state.focus === 'run')}${notice}`;
	}
	if (state.outcome === 'yes') return `${question}.`;
	const what = state.done === 0 ? 'name' : 'rows';
	return `${question}?  ${what}: ${state.typed}${notice}`;
}
