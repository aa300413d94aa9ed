//! "Did you mean": the known word that a misspelt one most likely stands for. Pure.

/// Longer words are not compared: nobody misspells a word of ours into one of this length.
const LENGTH_MAX: usize = 40;

/// The candidate that is few enough slips of the keyboard away, if there is one.
pub(super) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let word: Vec<char> = word.to_lowercase().replace('_', "-").chars().collect();
    if word.len() > LENGTH_MAX {
        return None;
    }
    // One slip in three letters: `path` and `port` are two apart and must not be confused.
    let slips_max = (word.len() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| {
            let letters: Vec<char> = candidate.to_lowercase().chars().collect();
            (slips(&word, &letters), candidate)
        })
        .filter(|(slips, _)| *slips <= slips_max)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// Letters inserted, left out, replaced or swapped with their neighbour (optimal string
/// alignment distance).
fn slips(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(a[i] != b[j]);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let keys = ["path", "password", "port", "repositories", "bin-dir"];
        for (word, expected) in [
            ("pasword", Some("password")),
            ("paht", Some("path")),
            ("Path", Some("path")),
            ("repositorys", Some("repositories")),
            ("bin_dir", Some("bin-dir")),
            ("sqlite", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, keys), expected, "{word}");
        }
        assert_eq!(nearest(&"path".repeat(100_000), keys), None);
    }
}
