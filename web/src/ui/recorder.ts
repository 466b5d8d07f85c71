/** Records what the microphone hears. */

import { levelOf, type VoiceFormat } from "../core/voice";

const SAMPLES = 1_024;
/** Every so many milliseconds what was heard is kept, so that little is lost if the microphone is pulled out. */
const PART_MS = 1_000;

export class Recorder {
  private readonly parts: Blob[] = [];
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private readonly recorder: MediaRecorder;

  private constructor(
    private readonly stream: MediaStream,
    private readonly format: VoiceFormat,
  ) {
    this.analyser.fftSize = SAMPLES;
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.recorder = new MediaRecorder(stream, { mimeType: format.mediaType });
    this.recorder.ondataavailable = ({ data }) => { this.parts.push(data); };
    this.recorder.start(PART_MS);
  }

  /** Asks for the microphone, and begins. Rejects with a DOMException whose name says why there is none. */
  static async start(format: VoiceFormat): Promise<Recorder> {
    return new Recorder(await navigator.mediaDevices.getUserMedia({ audio: true }), format);
  }

  /** How loud it is now, from 0 to 1. */
  level(): number {
    const samples = new Uint8Array(SAMPLES);
    this.analyser.getByteTimeDomainData(samples);
    return levelOf(samples);
  }

  /** Ends it, and gives what was heard. */
  async stop(name: string): Promise<File> {
    if (this.recorder.state !== "inactive") {
      const stopped = new Promise((resolve) => { this.recorder.onstop = resolve; });
      this.recorder.stop();
      await stopped;
    }
    this.cancel();
    return new File(this.parts, `${name}.${this.format.extension}`, { type: this.format.mediaType });
  }

  /** Lets go of the microphone. */
  cancel(): void {
    this.stream.getTracks().forEach((track) => { track.stop(); });
    void this.context.close().catch(() => undefined);
  }
}
