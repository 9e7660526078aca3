"""which replaced versions of an idea the room saw, and which of them moderators withheld"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0055'
down_revision = '0054'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nobody knows of versions that were replaced before whether the room saw them, so nobody reads them.
    op.add_column('idea_version', sa.Column('was_shown', sa.Boolean(), nullable=False, server_default='0'))
    op.add_column('idea_version', sa.Column('is_withheld', sa.Boolean(), nullable=False, server_default='0'))


def downgrade() -> None:
    refuse_downgrade_with(
        'SELECT 1 FROM idea_version WHERE was_shown', 'Earlier versions do not know which words of an idea others read.'
    )
    with op.batch_alter_table('idea_version') as table:
        table.drop_column('is_withheld')
        table.drop_column('was_shown')
