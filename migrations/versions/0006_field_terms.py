"""columns named by the field's terms"""

from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # RENAME COLUMN is the same statement on SQLite and PostgreSQL, and copies no table.
    op.execute('ALTER TABLE round RENAME COLUMN focus_id TO spotlight_id')
    op.execute('ALTER TABLE challenge RENAME COLUMN given TO seed_ideas')


def downgrade() -> None:
    op.execute('ALTER TABLE challenge RENAME COLUMN seed_ideas TO given')
    op.execute('ALTER TABLE round RENAME COLUMN spotlight_id TO focus_id')
