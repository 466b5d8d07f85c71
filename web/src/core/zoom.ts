/** How a picture is seen that can be made larger and moved. */

/** `x` and `y`: how far its middle is from that of its place, in pixels. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** As a whole, in the middle. */
export const WHOLE: View = { scale: 1, x: 0, y: 0 };
const MAX_SCALE = 8;

/** Makes it larger or smaller; what is at `point`, from the middle of the place, stays there. */
export function zoomed(view: View, factor: number, point: Point, picture: Size, place: Size): View {
  const scale = Math.min(MAX_SCALE, Math.max(1, view.scale * factor));
  const real = scale / view.scale;
  return within({ scale, x: point.x - (point.x - view.x) * real, y: point.y - (point.y - view.y) * real }, picture, place);
}

export function moved(view: View, by: Point, picture: Size, place: Size): View {
  return within({ ...view, x: view.x + by.x, y: view.y + by.y }, picture, place);
}

/** `picture`: its size when it is seen as a whole. Nothing beside it comes into the place if it fills that, and what is smaller stays in the middle. */
function within({ scale, x, y }: View, picture: Size, place: Size): View {
  const room = (size: number, space: number) => Math.max(0, (size * scale - space) / 2);
  const held = (at: number, most: number) => Math.min(most, Math.max(-most, at)) + 0;
  return { scale, x: held(x, room(picture.width, place.width)), y: held(y, room(picture.height, place.height)) };
}

export type Swipe = "previous" | "next" | "close";

const SIDEWAYS_PX = 60;
const DOWN_PX = 110;

/** What a finger meant that was moved by so much and then lifted; null if nothing. Sideways it follows the direction of the writing. */
export function swiped({ x, y }: Point, isTurned: boolean): Swipe | null {
  if (Math.abs(x) > SIDEWAYS_PX && Math.abs(x) > Math.abs(y)) {
    return x < 0 === isTurned ? "previous" : "next";
  }
  return y > DOWN_PX ? "close" : null;
}
