import { scrolledTop } from '../../scroll-keys.ts';
import type { ViewDefinition } from '../view.ts';
import { drawZoom } from './draw-zoom.ts';

/** One panel with the whole screen. */
export type ZoomView = {
	readonly kind: 'zoom';
	readonly panel: number;
	/** First line shown. */
	readonly top: number;
};

/** All that is known of a panel: its data, what is wrong, how it went, what feeds it. */
export const zoomView: ViewDefinition<ZoomView> = {
	kind: 'zoom',
	press(view, { intent }, facts) {
		if (intent === 'zoom') return { view: undefined };
		const top = scrolledTop(view.top, intent, facts);
		return top === undefined ? undefined : { view: { ...view, top } };
	},
	draw: drawZoom,
	ofPanel: (view, panel) => ({ ...view, panel, top: 0 }),
};
