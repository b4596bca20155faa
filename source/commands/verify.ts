import { createControl } from '../actions/control.ts';
import { verifyLines } from '../actions/describe.ts';
import { jsonOf } from '../actions/json.ts';
import { spanAt } from '../actions/specs/span.ts';
import { stateFolder } from '../actions/state-folder.ts';
import { momentText } from '../actions/times.ts';
import { verifySpan, wrongIn } from '../actions/verify.ts';
import { type ActionContext, atPipeline } from '../actions/workplace.ts';
import { formatCount, formatMs } from '../lib/format.ts';
import { spanFlags, textFlag } from './action-flags.ts';
import { statuses, tellFailure } from './action-run.ts';
import type { CommandContext } from './command.ts';

/** `tidemark verify`: compares every bucket of a span with raw; writes nothing, takes no lock. */
export async function verify(command: CommandContext): Promise<number> {
	const { flags, stdout, stderr, ending } = command;
	const target = await command.resolveTarget(command.args[0]);
	const context: ActionContext = {
		target,
		where: target.database,
		folder: stateFolder(command.env),
		policy: { isReadOnly: true },
		waitMs: 0,
		control: createControl(),
		signal: ending,
		onEvent: () => {},
	};
	const isTerminal = stderr.isTTY === true;
	try {
		return await atPipeline(context, 'verify', textFlag(flags, 'pipeline'), async (place) => {
			const span = await spanAt(place, spanFlags(flags), ending);
			const verification = await verifySpan(place.session, place.shape, span, {
				signal: ending,
				onSlice({ fromMs }, effect, tookMs) {
					const found = `${formatCount(effect.buckets)} buckets, ${formatCount(wrongIn(effect))} wrong`;
					const line = `${momentText(fromMs)}: ${found}, ${formatMs(tookMs)}`;
					if (isTerminal) stderr.write(`\r\x1b[K${line}`);
				},
			});
			if (isTerminal) stderr.write('\r\x1b[K');
			const wrong = wrongIn(verification.effect);
			if (flags.json === true) {
				const { pipeline } = place;
				stdout.write(`${jsonOf({ action: 'verify', pipeline: pipeline.name, ...verification })}\n`);
			} else {
				stdout.write(`Verify ${place.pipeline.name} on ${target.label}\n`);
				for (const line of verifyLines(verification)) stdout.write(`${line}\n`);
			}
			return wrong === 0 ? statuses.done : statuses.differs;
		});
	} catch (error) {
		if (isTerminal) stderr.write('\r\x1b[K');
		return tellFailure(command, 'verify', error);
	}
}
