//! Check words: what tells a person at which place a password was copied wrongly.
//!
//! A password is told in groups of four characters, each with a word that follows from all
//! characters up to there. Words that agree, group after group, mean that all before agrees; one
//! mistake goes unseen in one of 256 groups, and hardly in two. The words betray no more than the
//! groups they stand beside. No two of them are alike without their accents.

use sha2::{Digest as _, Sha256};

/// Characters of a group.
pub const GROUP: usize = 4;

/// Keeps the words apart from every other use of the digest.
const DOMAIN: &[u8] = b"duphong key sheet 1\n";

/// Part of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Group {
    /// At most four characters.
    pub text: String,
    /// What follows from these and all before them.
    pub word: &'static str,
}

/// A password in groups.
pub fn groups(password: &str) -> Vec<Group> {
    let characters: Vec<char> = password.chars().collect();
    let mut so_far = Sha256::new_with_prefix(DOMAIN);
    let group = |characters: &[char]| {
        let text: String = characters.iter().collect();
        so_far.update(&text);
        let word = so_far.clone().finalize()[0];
        Group { text, word: words().nth(word.into()).unwrap_or_default() }
    };
    characters.chunks(GROUP).map(group).collect()
}

fn words() -> impl Iterator<Item = &'static str> {
    WORDS.split_ascii_whitespace()
}

/// 256 short words. Their order is part of every sheet that was ever printed.
const WORDS: &str = "
áo bàn bánh báo bắp bè bếp bìa biển bình bò bốn bóng bún bưởi buồm bút cá cam canh cáo cát
cau cây chai chăn chanh chày chè chén chìa chiếu chim chín chó chong chữ chum chuối chuồn
chuông cò cọc cối cơm cồng cột cua cúc cung đá đàn dao đất dây dê đèn đèo dép đĩa điện diều
đình đò dơi đom đồng dù dưa đuốc đường ếch én gà gạch gấm gạo gấu gậy ghe giày giếng gió gỗ
gối gốm gừng gương hạc hầm hang hành hạt hè hến heo hiên hổ hoa hồng hộp hũ hươu kem kén
kênh kéo khăn khay khế khỉ kho khóa khoai khói khung kiếm kiến kim kính lá lạc lan làng lau
lê lều liềm lò lon lồng lúa lưng lược lưới mai mâm mào mật mây men mèo mía mít mỏ mộc môi mũ
mưa mực muối mương mướp nai nấm nắng nem nến ngà nghé ngô ngọc ngói ngỗng ngựa nhà nhãn nhện
nho nhựa nồi nón núi nước nương ốc ổi ong ớt phà phấn phao phố quả quán quạt quế quýt rằm
rắn rau rễ rổ rơm rồng rùa rừng ruộng sân sao sáp sấu sen sét sò sóc sơn sóng sữa suối sương
tằm táo tàu tay tên tép thác thảm thang thép thìa thỏ thông thư thuyền tím tỏi tôm trà trai
trăng trâu tre trời trống trứng tủ túi tường vải vàng ve vẹt ví vịt voi võng vườn xanh xe
xẻng xoài xôi xương yến
";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::is_combining_mark;

    use super::*;

    fn told(password: &str) -> Vec<(String, &'static str)> {
        groups(password).into_iter().map(|group| (group.text, group.word)).collect()
    }

    #[test]
    fn there_are_256_words_and_no_two_alike_without_their_accents() {
        let bare = |word: &str| -> String {
            let letters = word.nfd().filter(|&letter| !is_combining_mark(letter));
            letters.map(|letter| if letter == 'đ' { 'd' } else { letter }).collect()
        };
        assert_eq!(bare("đường"), "duong");
        assert_eq!(words().count(), 256);
        assert_eq!(words().map(bare).collect::<BTreeSet<_>>().len(), 256);
    }

    #[test]
    fn printed_sheets_stay_right() {
        let sheet = told("AB2DEFGH7");
        let texts: Vec<_> = sheet.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["AB2D", "EFGH", "7"]);
        let words: Vec<_> = sheet.iter().map(|(_, word)| *word).collect();
        assert_eq!(words, ["khay", "ốc", "xương"]);
        assert!(told("").is_empty());
        assert_eq!(told("Mẫu tỉnh")[0].0, "Mẫu ", "characters, not bytes");
    }

    #[test]
    fn a_wrong_character_and_exchanged_groups_change_every_word_from_there() {
        let right = told("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        for (wrong, from) in [
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234576", 7),
            ("ABCDIJKLEFGHMNOPQRSTUVWXYZ234567", 1),
            ("ABCEEFGHIJKLMNOPQRSTUVWXYZ234567", 0),
        ] {
            let wrong = told(wrong);
            let differs = |at: usize| right[at].1 != wrong[at].1;
            assert!((0..from).all(|at| !differs(at)));
            assert!(differs(from));
            assert!((from..8).filter(|at| differs(*at)).count() >= (8 - from) - 1);
        }
    }
}
