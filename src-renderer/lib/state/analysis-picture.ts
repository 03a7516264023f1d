/** Pictures of figures: an SVG as the pixels of a PNG. */
import { sizeOf } from '#core/prior/report-figures.ts';

/** The bytes of a PNG, `scale` pixels for each unit of the view box. @param svg a whole file */
export async function pngOf(svg: string, scale: number): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height } = sizeOf(svg);
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  // Without a size of its own it would be drawn small first and enlarged then.
  const sized = svg.replace('<svg ', `<svg width="${size.width}" height="${size.height}" `);
  const url = URL.createObjectURL(new Blob([sized], { type: 'image/svg+xml' }));
  try {
    const image = new Image(size.width, size.height);
    image.src = url;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), size);
    const context = canvas.getContext('2d')!;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, size.width, size.height);
    context.drawImage(image, 0, 0, size.width, size.height);
    const blob = await new Promise<Blob | null>((resolve) => {
      canvas.toBlob(resolve, 'image/png');
    });
    if (!blob) throw new Error('The picture is too large to be drawn.');
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    URL.revokeObjectURL(url);
  }
}
