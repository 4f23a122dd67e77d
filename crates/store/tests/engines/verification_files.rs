//! Files that prove a domain to WeChat: by exact name, the last body counts.

use crate::house::{House, NOW};
use magpie_store::verification_files;

#[tokio::test]
async fn a_file_is_known_by_its_exact_name_until_it_is_removed() {
    for house in House::both().await {
        let mut tx = house.store.write().await.unwrap();
        for file in [("b.txt", "one"), ("a.txt", "two\n"), ("b.txt", "three")] {
            verification_files::put(&mut tx, file, NOW).await.unwrap();
        }
        for (name, expected) in [("b.txt", Some("three")), ("B.txt", None), ("%.txt", None)] {
            assert_eq!(
                verification_files::body(&mut tx, name).await.unwrap().as_deref(),
                expected,
                "{name}"
            );
        }
        let all = [("a.txt", "two\n"), ("b.txt", "three")];
        let all = all.map(|(name, body)| (name.to_owned(), body.to_owned()));
        assert_eq!(verification_files::list(&mut tx).await.unwrap(), all);
        assert!(verification_files::remove(&mut tx, "b.txt").await.unwrap());
        assert!(
            !verification_files::remove(&mut tx, "b.txt").await.unwrap(),
            "there was none left"
        );
        tx.commit().await.unwrap();
    }
}
