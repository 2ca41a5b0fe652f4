import type { Folder, List } from "@poo/engine";
import { FolderClosed, FolderMinus, MoreHorizontal, Pencil, Star, Trash2 } from "lucide-react";
import { useState } from "react";
import { run } from "../state/engine.ts";
import { Menu, MenuItem, MenuLine } from "../ui/Menu.tsx";
import { Modal } from "../ui/Modal.tsx";

/** What can be done with a list among the others: nobody else sees any of it. */
export function ListMenu({ list, folders }: { list: List; folders: readonly Folder[] }) {
  return (
    <Menu trigger={<MoreHorizontal size={16} />} label={`More about ${list.title}`}>
      <MenuItem
        icon={<Star size={16} />}
        onSelect={() => void run({ type: "place_list", list: list.id, favorite: !list.favorite })}
      >
        {list.favorite ? "Remove from favourites" : "Add to favourites"}
      </MenuItem>
      {folders.length > 0 && <MenuLine />}
      {folders
        .filter((folder) => folder.id !== list.folder)
        .map((folder) => (
          <MenuItem
            key={folder.id}
            icon={<FolderClosed size={16} />}
            onSelect={() => void run({ type: "place_list", list: list.id, folder: folder.id })}
          >
            Move to {folder.name}
          </MenuItem>
        ))}
      {list.folder && (
        <MenuItem
          icon={<FolderMinus size={16} />}
          onSelect={() => void run({ type: "place_list", list: list.id, folder: null })}
        >
          Take out of the folder
        </MenuItem>
      )}
    </Menu>
  );
}

export function FolderMenu({ folder }: { folder: Folder }) {
  const [renaming, setRenaming] = useState(false);
  const [name, setName] = useState(folder.name);
  return (
    <>
      <Menu trigger={<MoreHorizontal size={16} />} label={`More about ${folder.name}`}>
        <MenuItem icon={<Pencil size={16} />} onSelect={() => setRenaming(true)}>
          Rename
        </MenuItem>
        <MenuItem
          danger
          icon={<Trash2 size={16} />}
          onSelect={() => void run({ type: "delete_folder", folder: folder.id })}
        >
          Delete folder, keep lists
        </MenuItem>
      </Menu>
      {renaming && (
        <Modal title="Rename folder" onClose={() => setRenaming(false)}>
          <form
            className="form"
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim()) void run({ type: "rename_folder", folder: folder.id, name: name.trim() });
              setRenaming(false);
            }}
          >
            <label>
              Name
              <input value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
            </label>
            <div className="form-end">
              <button type="submit" className="button primary">
                Save
              </button>
            </div>
          </form>
        </Modal>
      )}
    </>
  );
}
