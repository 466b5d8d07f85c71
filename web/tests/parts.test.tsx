// @vitest-environment happy-dom
import { act, cleanup, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useRef, useState } from "react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { Confirm } from "../src/ui/parts/Confirm";
import { Dialog } from "../src/ui/parts/Dialog";
import { Menu, MenuItem } from "../src/ui/parts/Menu";
import { Panel } from "../src/ui/parts/Panel";
import { Popover } from "../src/ui/parts/Popover";
import { SegmentedControl } from "../src/ui/parts/SegmentedControl";
import { Select } from "../src/ui/parts/Select";
import { Switch } from "../src/ui/parts/Switch";
import { Tabs } from "../src/ui/parts/Tabs";
import { Toasts } from "../src/ui/parts/Toasts";
import { ToastProvider, ToastRack } from "../src/ui/parts/toasts";
import { Tooltips } from "../src/ui/parts/Tooltip";
import { rendered } from "./rendered";

const user = userEvent.setup();
const focused = () => document.activeElement;
const nothing = () => undefined;

beforeAll(() => {
  // The top layer is the browser's; here it is enough that what would be in it is there.
  HTMLElement.prototype.showPopover = nothing;
});

afterEach(cleanup);

describe("a menu", () => {
  const chosen = vi.fn();

  beforeEach(() => {
    chosen.mockClear();
    rendered(
      <>
        <Menu label="More" testId="menu">
          <MenuItem onChoose={() => { chosen("mute"); }}>Mute</MenuItem>
          <MenuItem isDisabled onChoose={() => { chosen("never"); }}>Never</MenuItem>
          <MenuItem onChoose={() => { chosen("pin"); }}>Pin</MenuItem>
          <MenuItem onChoose={() => { chosen("archive"); }}>Archive</MenuItem>
          <MenuItem onChoose={() => { chosen("mark"); }}>Mark as unread</MenuItem>
        </Menu>
        <button type="button">Elsewhere</button>
      </>,
    );
  });

  const button = () => screen.getByRole("button", { name: "More" });
  const item = (name: string) => screen.getByRole("menuitem", { name });

  it("opens at its first item, and moves by the arrows, Home and End, round and past what is disabled", async () => {
    await user.click(button());
    expect(focused()).toBe(item("Mute"));
    await user.keyboard("{ArrowDown}");
    expect(focused()).toBe(item("Pin"));
    await user.keyboard("{ArrowUp}{ArrowUp}");
    expect(focused()).toBe(item("Mark as unread"));
    await user.keyboard("{Home}");
    expect(focused()).toBe(item("Mute"));
    await user.keyboard("{End}");
    expect(focused()).toBe(item("Mark as unread"));
  });

  it("opens at its last item by the arrow up", async () => {
    button().focus();
    await user.keyboard("{ArrowUp}");
    expect(focused()).toBe(item("Mark as unread"));
  });

  it("goes to what begins with the letters that are typed", async () => {
    await user.click(button());
    await user.keyboard("m");
    expect(focused()).toBe(item("Mark as unread"));
    await user.keyboard("m");
    expect(focused()).toBe(item("Mute"));
  });

  it("takes several letters for a word", async () => {
    await user.click(button());
    await user.keyboard("ma");
    expect(focused()).toBe(item("Mark as unread"));
  });

  it("does what is chosen, closes, and gives the focus back", async () => {
    await user.click(button());
    await user.keyboard("{ArrowDown}{Enter}");
    expect(chosen).toHaveBeenCalledExactlyOnceWith("pin");
    expect(screen.queryByRole("menu")).toBeNull();
    expect(focused()).toBe(button());
  });

  it("closes by Esc and does nothing", async () => {
    await user.click(button());
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("menu")).toBeNull();
    expect(button().getAttribute("aria-expanded")).toBe("false");
    expect(focused()).toBe(button());
    expect(chosen).not.toHaveBeenCalled();
  });

  it("closes by a press elsewhere", async () => {
    await user.click(button());
    await user.click(screen.getByText("Elsewhere"));
    expect(screen.queryByRole("menu")).toBeNull();
    expect(focused()).toBe(screen.getByText("Elsewhere"));
  });
});

function WithArea() {
  const area = useRef<HTMLDivElement>(null);
  return (
    <div ref={area}>
      <p>Hello</p>
      <a href="#x">a link</a>
      <Menu label="More" testId="menu" area={area}>
        <MenuItem onChoose={nothing}>Star</MenuItem>
      </Menu>
    </div>
  );
}

function WithLink() {
  const area = useRef<HTMLAnchorElement>(null);
  return (
    <>
      <a ref={area} href="#x">a conversation</a>
      <Menu label="More" testId="menu" area={area}>
        <MenuItem onChoose={nothing}>Archive</MenuItem>
      </Menu>
    </>
  );
}

describe("a menu of an area", () => {
  it("opens by a right click on a link that is the area itself", () => {
    rendered(<WithLink />);
    fireEvent.contextMenu(screen.getByText("a conversation"));
    expect(screen.getByRole("menuitem", { name: "Archive" })).not.toBeNull();
  });

  it("opens by a long press, and the finger that goes up then opens nothing else", () => {
    vi.useFakeTimers();
    rendered(<WithLink />);
    const link = screen.getByText("a conversation");
    fireEvent.pointerDown(link, { pointerType: "touch", clientX: 5, clientY: 5 });
    act(() => { vi.advanceTimersByTime(600); });
    expect(screen.getByRole("menuitem", { name: "Archive" })).not.toBeNull();
    expect(fireEvent.click(link)).toBe(false);
    expect(fireEvent.click(link)).toBe(true);
    vi.useRealTimers();
  });

  it("opens by a right click, but for what has a better one of the browser", () => {
    rendered(<WithArea />);
    fireEvent.contextMenu(screen.getByText("a link"));
    expect(screen.queryByRole("menu")).toBeNull();
    const isLeftToTheBrowser = fireEvent.contextMenu(screen.getByText("Hello"));
    expect(isLeftToTheBrowser).toBe(false);
    expect(focused()).toBe(screen.getByRole("menuitem", { name: "Star" }));
  });

  it("opens by a long press of a finger, unless that moves", () => {
    vi.useFakeTimers();
    rendered(<WithArea />);
    const text = screen.getByText("Hello");
    fireEvent.pointerDown(text, { pointerType: "touch", clientX: 5, clientY: 5 });
    fireEvent.pointerMove(text, { pointerType: "touch", clientX: 5, clientY: 60 });
    act(() => { vi.advanceTimersByTime(1_000); });
    expect(screen.queryByRole("menu")).toBeNull();
    fireEvent.pointerDown(text, { pointerType: "touch", clientX: 5, clientY: 5 });
    act(() => { vi.advanceTimersByTime(1_000); });
    expect(screen.getByRole("menu")).toBeDefined();
    vi.useRealTimers();
  });
});

function WithDialog({ onClose = nothing }: { readonly onClose?: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const close = () => {
    onClose();
    setOpen(false);
  };
  return (
    <>
      <button type="button" onClick={() => { setOpen(true); }}>Open</button>
      {isOpen && (
        <Dialog title="A title" onClose={close}>
          <input aria-label="Name" />
        </Dialog>
      )}
    </>
  );
}

describe("a dialog", () => {
  it("is modal, has its title for a name, begins at its first field, and gives the focus back", async () => {
    const shown = vi.spyOn(HTMLDialogElement.prototype, "showModal");
    rendered(<WithDialog />);
    await user.click(screen.getByText("Open"));
    expect(screen.getByRole("dialog", { name: "A title" })).toBeDefined();
    expect(shown).toHaveBeenCalled();
    expect(focused()).toBe(screen.getByLabelText("Name"));
    await user.click(screen.getByLabelText("Close"));
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(focused()).toBe(screen.getByText("Open"));
  });

  it("closes when the browser cancels it by Esc, but not for a file chooser inside", async () => {
    const closed = vi.fn();
    rendered(<WithDialog onClose={closed} />);
    await user.click(screen.getByText("Open"));
    fireEvent(screen.getByLabelText("Name"), new Event("cancel", { bubbles: true }));
    expect(closed).not.toHaveBeenCalled();
    fireEvent(screen.getByRole("dialog"), new Event("cancel", { cancelable: true }));
    expect(closed).toHaveBeenCalledOnce();
  });

  it("that must be answered begins at the way out, and stays when what is done fails", async () => {
    const close = vi.fn();
    const task = vi.fn().mockRejectedValueOnce(new Error("It is gone.")).mockResolvedValue(undefined);
    rendered(<Confirm title="Delete it?" action="Delete" isDanger onConfirm={task} onClose={close}>For everyone.</Confirm>);
    expect(screen.getByRole("alertdialog", { name: "Delete it?" })).toBeDefined();
    expect(focused()).toBe(screen.getByText("Cancel"));
    await user.click(screen.getByText("Delete"));
    expect(screen.getByRole("alert").textContent).toBe("It is gone.");
    expect(close).not.toHaveBeenCalled();
    await user.click(screen.getByText("Delete"));
    expect(close).toHaveBeenCalledOnce();
  });
});

describe("a popover", () => {
  it("begins at the first thing in it, closes by Esc, and gives the focus back", async () => {
    rendered(<Popover label="Emoji" icon="plus" testId="emoji">{(close) => <button type="button" onClick={close}>Heart</button>}</Popover>);
    await user.click(screen.getByRole("button", { name: "Emoji" }));
    expect(screen.getByRole("dialog", { name: "Emoji" })).toBeDefined();
    expect(focused()).toBe(screen.getByText("Heart"));
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(focused()).toBe(screen.getByRole("button", { name: "Emoji" }));
  });
});

function SomeTabs() {
  const [chosen, setChosen] = useState<"one" | "two" | "three">("one");
  return (
    <Tabs
      label="Parts"
      chosen={chosen}
      onChoose={setChosen}
      tabs={[
        { id: "one", label: "One", content: "first" },
        { id: "two", label: "Two", content: "second" },
        { id: "three", label: "Three", content: "third" },
      ]}
    />
  );
}

describe("tabs", () => {
  it("are one stop of the keyboard, and are chosen by the arrows, Home and End", async () => {
    rendered(<SomeTabs />);
    await user.tab();
    expect(focused()).toBe(screen.getByRole("tab", { name: "One", selected: true }));
    await user.keyboard("{ArrowRight}");
    expect(focused()).toBe(screen.getByRole("tab", { name: "Two", selected: true }));
    expect(screen.getByRole("tabpanel", { name: "Two" }).textContent).toBe("second");
    await user.keyboard("{Home}{ArrowLeft}");
    expect(focused()).toBe(screen.getByRole("tab", { name: "Three", selected: true }));
    await user.tab();
    expect(focused()).toBe(screen.getByRole("tabpanel"));
  });

  it("follow the direction of the writing", async () => {
    rendered(<div dir="rtl" style={{ direction: "rtl" }}><SomeTabs /></div>);
    await user.tab();
    await user.keyboard("{ArrowLeft}");
    expect(focused()).toBe(screen.getByRole("tab", { name: "Two", selected: true }));
  });
});

describe("what is chosen from", () => {
  it("a switch turns by Space, and says how it is", async () => {
    const turned = vi.fn();
    rendered(<Switch label="Receipts" hint="For both." isOn={false} onChange={turned} />);
    const found = screen.getByRole("switch", { name: "Receipts", checked: false });
    expect(document.getElementById(found.getAttribute("aria-describedby") ?? "")?.textContent).toBe("For both.");
    found.focus();
    await user.keyboard(" ");
    expect(turned).toHaveBeenCalledExactlyOnceWith(true);
  });

  it("a select and a segmented control give what was chosen", async () => {
    const chosen = vi.fn();
    const options = [{ value: "a", label: "Anna" }, { value: "b", label: "Ben" }] as const;
    rendered(<><Select label="Who" value="a" options={options} onChange={chosen} /><SegmentedControl label="Which" value="a" options={options} onChange={chosen} /></>);
    await user.selectOptions(screen.getByLabelText("Who"), "Ben");
    await user.click(screen.getByRole("radio", { name: "Ben" }));
    expect(chosen.mock.calls).toEqual([["b"], ["b"]]);
  });
});

describe("a toast", () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it("is said by a live region that was there before, and goes by itself", () => {
    const rack = new ToastRack();
    rendered(<ToastProvider value={rack}><Toasts /></ToastProvider>);
    const region = screen.getByRole("status");
    expect(region.textContent).toBe("");
    act(() => { rack.show("Archived"); });
    expect(region.textContent).toContain("Archived");
    act(() => { vi.advanceTimersByTime(6_000); });
    expect(region.textContent).toBe("");
  });

  it("that can be undone is, once, and stays longer", () => {
    const rack = new ToastRack();
    const undone = vi.fn();
    rendered(<ToastProvider value={rack}><Toasts /></ToastProvider>);
    act(() => { rack.show("Deleted", undone); });
    act(() => { vi.advanceTimersByTime(6_000); });
    fireEvent.click(screen.getByText("Undo"));
    expect(undone).toHaveBeenCalledOnce();
    expect(screen.queryByText("Deleted")).toBeNull();
  });

  it("waits while one points at it, and makes room for newer ones", () => {
    const rack = new ToastRack();
    rendered(<ToastProvider value={rack}><Toasts /></ToastProvider>);
    act(() => { rack.show("one"); });
    fireEvent.pointerEnter(screen.getByRole("status"));
    act(() => { vi.advanceTimersByTime(60_000); });
    expect(screen.getByText("one")).toBeDefined();
    fireEvent.pointerLeave(screen.getByRole("status"));
    act(() => { ["two", "three", "four"].forEach((text) => { rack.show(text); }); });
    expect(screen.queryByText("one")).toBeNull();
    act(() => { vi.advanceTimersByTime(6_000); });
    expect(rack.get()).toEqual([]);
  });
});

describe("a tip", () => {
  it("is shown for the keyboard and for who points for a while, and Esc closes it", () => {
    vi.useFakeTimers();
    rendered(<><button type="button" data-tip="Attach files" aria-label="Attach files" /><Tooltips /></>);
    fireEvent.pointerOver(screen.getByRole("button"), { pointerType: "mouse" });
    expect(screen.queryByText("Attach files")).toBeNull();
    act(() => { vi.advanceTimersByTime(600); });
    expect(screen.getByText("Attach files")).toBeDefined();
    fireEvent.keyDown(document, { key: "Escape" });
    expect(screen.queryByText("Attach files")).toBeNull();
    vi.useRealTimers();
  });
});

describe("a panel", () => {
  it("takes the focus, closes by Esc and by both of its buttons", async () => {
    const close = vi.fn();
    rendered(<Panel title="Thread" onClose={close}>x</Panel>);
    expect(focused()).toBe(screen.getByRole("heading", { name: "Thread" }));
    await user.keyboard("{Escape}");
    await user.click(screen.getByLabelText("Close"));
    await user.click(screen.getByLabelText("Back"));
    expect(close).toHaveBeenCalledTimes(3);
  });
});
