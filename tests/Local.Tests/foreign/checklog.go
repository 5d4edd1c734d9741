// Checks a Bulwark audit log with nothing but Go's own transparency-log packages, which share no code with Bulwark:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run checklog.go VERIFIER-KEY FOLDER
//
// It opens the checkpoint with sumdb/note, computes the root from the entries with sumdb/tlog, reads the stored tiles through
// tlog.TileHashReader, which authenticates them, and checks an inclusion proof for every entry and a consistency proof for every
// earlier size. It prints "SIZE ROOT" on success.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := check(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "checklog:", err)
		os.Exit(1)
	}
}

func check(vkey, folder string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return fmt.Errorf("the checkpoint is %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil {
		return err
	}

	entries, err := readEntries(folder, size)
	if err != nil {
		return err
	}
	var hashes []tlog.Hash
	stored := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, i := range indexes {
			found = append(found, hashes[i])
		}
		return found, nil
	})
	roots := make([]tlog.Hash, size+1)
	for i, entry := range entries {
		more, err := tlog.StoredHashes(int64(i), entry, stored)
		if err != nil {
			return err
		}
		hashes = append(hashes, more...)
		if roots[i+1], err = tlog.TreeHash(int64(i+1), stored); err != nil {
			return err
		}
	}
	if string(roots[size][:]) != string(root) {
		return fmt.Errorf("the entries have the root %v, the checkpoint says %v", roots[size], lines[2])
	}

	tiles := tlog.TileHashReader(tlog.Tree{N: size, Hash: roots[size]}, folderTiles(folder))
	for i, entry := range entries {
		proof, err := tlog.ProveRecord(size, int64(i), tiles)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, size, roots[size], int64(i), tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		old := int64(i + 1)
		consistency, err := tlog.ProveTree(size, old, tiles)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(consistency, size, roots[size], old, roots[old]); err != nil {
			return fmt.Errorf("size %d: %w", old, err)
		}
	}
	fmt.Println(size, lines[2])
	return nil
}

// path drops the tile height, which C2SP fixes at 8 and leaves out of names.
func path(tile tlog.Tile) string {
	return strings.Replace(strings.Replace(tile.Path(), "tile/8/", "tile/", 1), "tile/data/", "tile/entries/", 1)
}

func readEntries(folder string, size int64) ([][]byte, error) {
	var entries [][]byte
	for first := int64(0); first < size; first += 256 {
		width := size - first
		if width > 256 {
			width = 256
		}
		bundle, err := os.ReadFile(filepath.Join(folder, path(tlog.Tile{H: 8, L: -1, N: first / 256, W: int(width)})))
		if err != nil {
			return nil, err
		}
		for len(bundle) > 0 {
			length := 2 + int(binary.BigEndian.Uint16(bundle))
			entries = append(entries, bundle[2:length])
			bundle = bundle[length:]
		}
	}
	if int64(len(entries)) != size {
		return nil, fmt.Errorf("%d entries of %d", len(entries), size)
	}
	return entries, nil
}

type folderTiles string

func (folderTiles) Height() int                     { return 8 }
func (folderTiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (f folderTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		bytes, err := os.ReadFile(filepath.Join(string(f), path(tile)))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}
