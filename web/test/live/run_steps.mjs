// Runs the steps of a check one after the other, whatever becomes of each, and tells how they went. A picture of the
// page is kept of each that fails. Gives back how many did; complaints of the browser count as one more.
export async function runSteps(steps, folder, pageNow, complaints) {
  let failed = 0;
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      console.log(`ok    ${name}`);
    } catch (error) {
      ++failed;
      console.log(`FAIL  ${name}\n${error.stack}`);
      await pageNow()?.screenshot({ path: `${folder}/failed_${failed}.png` });
    }
  }
  if (complaints.length > 0) {
    ++failed;
    console.log(`FAIL  the browser complained\n${complaints.join('\n')}`);
  }
  return failed;
}
