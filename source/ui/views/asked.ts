import { formatAge } from '../../lib/format.ts';
import { answerTo, type Question } from '../../sampling/question.ts';
import { mark } from '../draw/mark.ts';
import { type Line, line, span } from '../draw/span.ts';
import { type FrameInput, serverNow } from '../panels/frame-input.ts';

/** Whether there is nobody to ask: what is shown stays as it was. */
export const isLost = ({ report }: Pick<FrameInput, 'report'>): boolean =>
	report.snapshot.connection.kind === 'lost';

const nobodyThere = 'there is no server to ask';

/** In the place of an answer that is still to come. */
export const pendingText = (frame: Pick<FrameInput, 'report'>): string =>
	isLost(frame) ? nobodyThere : 'asking the server…';

/** Why there was no answer; that a connection could not be had is no news where the server is lost. */
export const failureText = (
	{ sentence }: { readonly sentence: string },
	frame: Pick<FrameInput, 'report'>,
): string => (isLost(frame) ? nobodyThere : sentence);

/** `◌ 41s old`, where an answer should have been renewed since, or can't be; else nothing. */
export function oldTag(questions: readonly Question[], frame: FrameInput): Line {
	const { answers = new Map(), controls } = frame;
	const everyMs = (question: Question) => question.everyMs ?? controls.intervalMs;
	const shortestMs = Math.min(...questions.map(everyMs));
	const ages = questions
		.filter((question) => everyMs(question) === shortestMs)
		.flatMap((question) => {
			const reading = answerTo(answers, question);
			return 'at' in reading ? [serverNow(frame) - reading.at] : [];
		});
	const ageMs = Math.max(0, ...ages);
	if (ages.length === 0 || !(isLost(frame) || ageMs > 2 * shortestMs)) return [];
	return line(mark('unknown'), span(` ${formatAge(ageMs / 1000)} old`, 'unknown'));
}
